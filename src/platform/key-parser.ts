// What a terminal in raw mode sends, as keys and pastes: a pure reading of chunks. Escape sequences (arrows, function
// keys, the mouse) are swallowed; what a key means is the caller's.

export type KeyInput =
  /** One character as it was typed; `enter` for the Enter key. */
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'suspend' };

/** A paste that never ends is cut off here, characters. */
const longestPaste = 65_536;

const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';
/* oxlint-disable no-control-regex -- control characters are what is read here */
/** CSI, SS3, OSC and two-byte escapes (ECMA-48), whole ones. */
const escapeSequence = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[^[O\]])/;
const beginsSequence = /^\u001b(?:\[[0-?]*[ -/]*|O|\][^\u0007\u001b]*)$/;
const unprintable = /[\u0000-\u001f\u007f-\u009f]/g;
/* oxlint-enable no-control-regex */

/** Keeps what a chunk has left unfinished for the next one. */
export function createKeyParser(): (chunk: string) => KeyInput[] {
  let rest = '';
  let pasted: string | undefined;
  let afterEscape = false;

  const readPaste = (text: string): { inputs: KeyInput[]; left: string } => {
    const whole = (pasted ?? '') + text;
    const end = whole.indexOf(pasteEnd);
    if (end === -1 && whole.length < longestPaste) {
      pasted = whole;
      return { inputs: [], left: '' };
    }
    pasted = undefined;
    const content = (end === -1 ? whole : whole.slice(0, end)).slice(0, longestPaste);
    return {
      inputs: [{ kind: 'paste', text: content }],
      left: end === -1 ? '' : whole.slice(end + pasteEnd.length),
    };
  };

  return (chunk) => {
    // The one key that must work whatever was left unfinished: no terminal pastes it.
    if (chunk === '\u0003') {
      rest = '';
      pasted = undefined;
      afterEscape = false;
      return [{ kind: 'interrupt' }];
    }
    const inputs: KeyInput[] = [];
    let typed = '';
    // The Escape key alone looks like the beginning of a sequence, and is one only when its end follows.
    let text = (afterEscape && /^[[O\]]/.test(chunk) ? '\u001b' : '') + rest + chunk;
    rest = '';
    afterEscape = false;
    const flush = (): void => {
      const shown = typed.replace(unprintable, ' ');
      inputs.push(...keysOrPaste(shown.trim()));
      typed = '';
    };
    while (text !== '') {
      if (pasted !== undefined || text.startsWith(pasteStart)) {
        flush();
        const read = readPaste(pasted === undefined ? text.slice(pasteStart.length) : text);
        inputs.push(...read.inputs);
        text = read.left;
        continue;
      }
      const sequence = escapeSequence.exec(text);
      if (sequence !== null) text = text.slice(sequence[0].length);
      else if (text === '\u001b') {
        afterEscape = true;
        text = '';
      } else if (beginsSequence.test(text) && text.length < 64) {
        rest = text;
        text = '';
      } else {
        const character = String.fromCodePoint(text.codePointAt(0) ?? 0);
        text = text.slice(character.length);
        if (character === '\u0003') inputs.push({ kind: 'interrupt' });
        else if (character === '\u001a') inputs.push({ kind: 'suspend' });
        else if (character === '\r' && typed === '' && text === '') {
          inputs.push({ kind: 'key', name: 'enter' });
        } else typed += character;
      }
    }
    flush();
    return inputs;
  };
}

/** An address has more characters than anybody types between two looks at the keyboard. */
const shortestPaste = 8;

/** A terminal without bracketed paste hands a paste on at once; a slow connection, a few keys. */
function keysOrPaste(text: string): KeyInput[] {
  const characters = Array.from(text);
  if (characters.length >= shortestPaste) return [{ kind: 'paste', text }];
  return characters.filter((name) => name !== ' ').map((name) => ({ kind: 'key', name }));
}
