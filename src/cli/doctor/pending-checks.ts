// Logins in two steps that were begun and not finished. When their codes end is sealed: without the key it is not known.
import { valueAt } from '../../config/tree.ts';
import { isOpenClawError } from '../../errors.ts';
import { pendingPrefix } from '../pending-login.ts';
import { formatRelative } from '../ui/duration.ts';
import type { Check, DoctorPorts } from './check.ts';
import { ok, safeName, shown, type Finding } from './finding.ts';

export const pendingCheck: Check = {
  name: 'logins that were begun',
  async run({ store, key, clock }) {
    const names = await store.listSecrets(pendingPrefix);
    if (names.length === 0) return [ok('login.pending', 'none')];
    if ((await key()).kind !== 'opened') return [];
    const findings = names.map(async (name): Promise<Finding> => {
      const begun = await readBegun(store, name);
      const profileId = name.slice(pendingPrefix.length);
      const finding = judgePending(profileId, begun, clock.nowMs());
      if (finding.fix === undefined) return finding;
      return {
        ...finding,
        fix: {
          ...finding.fix,
          run: async () => {
            // A question may have waited for its answer while somebody began anew.
            const now = await readBegun(store, name);
            if (judgePending(profileId, now, clock.nowMs()).fix === undefined)
              return `The login for ${shown(profileId)} was begun anew: it is left`;
            await store.deleteSecret(name);
            return finding.fix?.run() ?? '';
          },
        },
      };
    });
    return Promise.all(findings);
  },
};

/** undefined when it does not open, or is not what this program wrote. */
async function readBegun(
  store: Pick<DoctorPorts['store'], 'readSecret'>,
  name: string,
): Promise<number | undefined> {
  try {
    const at = valueAt(JSON.parse((await store.readSecret(name)) ?? 'null'), ['expiresAtMs']);
    return typeof at === 'number' ? at : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (isOpenClawError(error) && error.code === 'STORE_CORRUPT'))
      return undefined;
    throw error;
  }
}

export function judgePending(profileId: string, expiresAtMs: number | undefined, nowMs: number): Finding {
  const id = shown(profileId);
  const name = safeName(profileId);
  const named = name === undefined ? '' : ` --profile-id ${name}`;
  if (expiresAtMs !== undefined && expiresAtMs > nowMs) {
    return {
      id: 'login.pending',
      severity: 'info',
      text: `A login for ${id} was begun and waits for its approval; its code ends ${formatRelative(expiresAtMs, nowMs)}.`,
      remedy: `Finish it: \`openclaw onboard --non-interactive --complete${named}\`.`,
    };
  }
  const when =
    expiresAtMs === undefined
      ? 'its record is damaged'
      : `its code ended ${formatRelative(expiresAtMs, nowMs)}`;
  return {
    id: 'login.pending',
    severity: 'info',
    text: `A login for ${id} was begun and never finished: ${when}.`,
    remedy: 'Forget it: `openclaw doctor --fix`, and begin again: `openclaw onboard`.',
    fix: {
      kind: 'litter',
      does: `Forget the login for ${id} that was begun`,
      run: () => `The login for ${id} that was begun is forgotten`,
    },
  };
}
