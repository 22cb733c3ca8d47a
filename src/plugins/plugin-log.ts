// The log as a plugin gets it: its lines bear its name, hold flat facts only, and lose what looks like a secret. A
// plugin is written without this program's types and has the credentials of its logins in hand.
import { plainFields, type Log } from '../platform/log.ts';
import { foreignText } from '../platform/text.ts';

const longestEvent = 100;
const longestValue = 300;

export function createPluginLog(log: Log, pluginId: string): Log {
  const pass =
    (level: keyof Log) =>
    (event: unknown, fields?: unknown): void => {
      const plain = Object.entries(plainFields(fields)).map(([name, value]) => [
        foreignText(name, [], longestEvent),
        typeof value === 'string' ? foreignText(value, [], longestValue) : value,
      ]);
      const text = typeof event === 'string' ? foreignText(event, [], longestEvent) : 'plugin';
      log[level](text, { ...(Object.fromEntries(plain) as ReturnType<typeof plainFields>), pluginId });
    };
  return { debug: pass('debug'), info: pass('info'), warn: pass('warn'), error: pass('error') };
}
