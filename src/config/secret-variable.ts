// Which environment variable a secret of the configuration would best come from: the one that is read by itself where there
// is one, else a name made of the place.
import type { ConfigPath } from './config-path.ts';

/** `MINIMAX_API_KEY` for `models.providers.minimax.apiKey`, `OPENCLAW_GATEWAY_TOKEN` for `gateway.auth.token`. */
export function variableFor(path: ConfigPath): string {
  const [section] = path;
  const last = inCapitals(path.at(-1));
  if (section === 'gateway') return `OPENCLAW_GATEWAY_${last}`;
  const isNamed = section === 'models' || section === 'plugins';
  return isNamed && path.length > 3 ? `${inCapitals(path[2])}_${last}` : last;
}

function inCapitals(name: string | number | undefined): string {
  return String(name)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}
