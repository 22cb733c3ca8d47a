// Environment variables as a plain value: read once at the edge, handed down, never written.

export type Env = Readonly<Record<string, string | undefined>>;

/** True for `1`, `true`, `yes` and `on` in any case. */
export function envFlag(env: Env, name: string): boolean {
  return /^(1|true|yes|on)$/i.test(env[name] ?? '');
}
