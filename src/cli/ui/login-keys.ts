// The keys of a login: which character is which key, also where another alphabet is set, and when they are listened to.
import type { TextKey } from '../../language/texts.ts';
import type { Terminal } from '../../platform/terminal.ts';

export type LoginKey = { readonly key: string; readonly text: TextKey; readonly press: () => void };

/** What can be done here; what is absent has no key. */
export type LoginActions = {
  copyCode?: () => void;
  copyUrl: () => void;
  toggleQr?: () => void;
  open?: () => void;
  /** Something has been opened by itself. */
  wasOpened?: boolean;
  toggleFlow?: () => void;
  askForPaste?: () => void;
};

export function loginKeys(actions: LoginActions): LoginKey[] {
  const rows: [string, TextKey, (() => void) | undefined][] = [
    ['c', 'keyCopyCode', actions.copyCode],
    ['u', 'keyCopyUrl', actions.copyUrl],
    ['q', 'keyQr', actions.toggleQr],
    ['o', actions.wasOpened === true ? 'keyOpen' : 'keyOpenFirst', actions.open],
    ['f', 'keyFlow', actions.toggleFlow],
    ['p', 'keyPaste', actions.askForPaste],
  ];
  return rows.flatMap(([key, text, press]) => (press === undefined ? [] : [{ key, text, press }]));
}

export type KeyDesk = {
  readonly keys: readonly LoginKey[];
  open(): void;
  close(): void;
};

export function createKeyDesk(
  terminal: Pick<Terminal, 'readKeys'>,
  desk: {
    keys: readonly LoginKey[];
    paste: (text: string) => void;
    suspend: () => void;
    resume: () => void;
  },
): KeyDesk {
  let stop: (() => void) | undefined;
  return {
    keys: desk.keys,
    open() {
      stop ??= terminal.readKeys((event) => {
        switch (event.kind) {
          case 'key':
            desk.keys.find(({ key }) => key === latinKey(event.name))?.press();
            break;
          case 'paste':
            if (event.text.trim().length >= shortestPaste) desk.paste(event.text);
            break;
          case 'suspend':
            desk.suspend();
            break;
          case 'resume':
            desk.resume();
            break;
        }
      });
    },
    close() {
      stop?.();
      stop = undefined;
    },
  };
}

/** Shorter ones are keys that were held down or pressed together. */
const shortestPaste = 8;

/** The same keys of the keyboard where it writes Russian or Korean. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['с', 'c'],
  ['г', 'u'],
  ['й', 'q'],
  ['щ', 'o'],
  ['а', 'f'],
  ['з', 'p'],
  ['ㅊ', 'c'],
  ['ㅕ', 'u'],
  ['ㅂ', 'q'],
  ['ㅐ', 'o'],
  ['ㄹ', 'f'],
  ['ㅔ', 'p'],
]);

/** Full-width letters and capitals included. */
function latinKey(name: string): string {
  return elsewhere.get(name.toLowerCase()) ?? name.normalize('NFKC').toLowerCase();
}
