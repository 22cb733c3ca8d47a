// The file of the gateway's service: whether what it starts is there, and whether it is what would be written now.
import { existsSync, readFileSync } from 'node:fs';
import { describeService } from '../gateway-service-file.ts';
import { lowerFirst } from '../ui/sentence.ts';
import type { Check } from './check.ts';
import { ok, shown, type Finding } from './finding.ts';

export const serviceCheck: Check = {
  name: 'the service',
  run({ platform, homeDir, processEnv, installation }) {
    const service = describeService(platform, {
      homeDir,
      env: processEnv,
      node: process.execPath,
      main: installation.main,
    });
    if (service === undefined || !existsSync(service.path))
      return [ok('gateway.service', 'none is installed')];
    return [judgeService(service, readFileSync(service.path, 'utf8'))];
  },
};

export function judgeService(
  service: { readonly path: string; readonly text: string; readonly kind: 'systemd' | 'launchd' },
  text: string,
): Finding {
  const remedy = 'Write it anew: `openclaw gateway install`, then do what that prints.';
  const place = shown(service.path);
  const gone = programsIn(service.kind, text).find((path) => !existsSync(path));
  if (gone !== undefined) {
    return {
      id: 'gateway.service',
      severity: 'error',
      text: `${place} starts ${shown(gone)}, which is not there.`,
      remedy,
    };
  }
  if (text === service.text) return ok('gateway.service', place);
  return {
    id: 'gateway.service',
    severity: 'info',
    text: `${place} is not what would be written now: it was changed by hand, or made with other settings or by another version.`,
    remedy: `If you have not changed it: ${lowerFirst(remedy)}`,
  };
}

/** The absolute paths of the command line: Node's and the program's. */
function programsIn(kind: 'systemd' | 'launchd', text: string): string[] {
  if (kind === 'launchd') {
    const words = /<key>ProgramArguments<\/key>\s*<array>([^]*?)<\/array>/.exec(text)?.[1] ?? '';
    return [...words.matchAll(/<string>(\/[^<]*)<\/string>/g)].map((match) =>
      (match[1] ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    );
  }
  const line = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map((match) =>
      (match[1] ?? match[2] ?? '').replaceAll(/\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$'),
    )
    .filter((word) => word.startsWith('/'));
}
