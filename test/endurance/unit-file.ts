// Reads of a systemd unit what a run needs to act by it: what is started, when it is started again, what is killed with
// it. Only the syntax that the program itself writes. Pure.

export type Unit = {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly isNotified: boolean;
  readonly restarts: boolean;
  readonly restartMs: number;
  /** What is left of the service when its main process has ended is killed. */
  readonly killsRest: boolean;
};

/** Throws for a unit that starts nothing. */
export function readUnit(text: string): Unit {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, [...(values.get(name) ?? []), value]);
  }
  const last = (name: string): string => values.get(name)?.at(-1) ?? '';
  const command = words(last('ExecStart')).map((word) => word.replaceAll('$$', '$'));
  if (command.length === 0) throw new Error('the unit starts nothing');
  const assignments = (values.get('Environment') ?? []).flatMap(words);
  return {
    command,
    environment: Object.fromEntries(
      assignments.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
    ),
    isNotified: last('Type') === 'notify',
    restarts: ['always', 'on-failure'].includes(last('Restart')),
    restartMs: Number(last('RestartSec')) * 1000,
    killsRest: last('KillMode') === 'mixed',
  };
}

/** systemd.syntax(7): words, some of them in double quotes; `%%` is a percent sign. */
function words(text: string): string[] {
  const found = text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g);
  return [...found].map(([, quoted, plain]) =>
    (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '').replaceAll('%%', '%'),
  );
}
