// When a change of the configuration takes effect in a gateway that runs: it reads the file anew each second, but keeps
// the address and the settings of its environment that it began with.
import { type ConfigPath } from '../config/config-path.ts';
import { isReadHere } from '../config/known-keys.ts';

export type Effect = 'reload' | 'restart' | 'none';

export function effectOf(path: ConfigPath): Effect {
  const [section, name] = path;
  if (section === 'env') {
    const variable = String(name === 'vars' ? path[2] : name);
    if (variable === 'OPENCLAW_GATEWAY_TOKEN') return 'reload';
    return /^(?:OPENCLAW_|NODE_|(?:https?|all|no)_proxy$)/i.test(variable) ? 'restart' : 'reload';
  }
  if (!isReadHere(path)) return 'none';
  return section === 'gateway' && name !== 'auth' ? 'restart' : 'reload';
}

export function describeEffect(effect: Effect): string {
  switch (effect) {
    case 'reload':
      return 'A gateway that runs follows within a second.';
    case 'restart':
      return 'A gateway that runs follows with: openclaw gateway restart';
    case 'none':
      return 'This program does not read it; OpenClaw may.';
  }
}
