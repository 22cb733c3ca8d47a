// The environment that a program of the desktop is started with: without the variables that hold secrets.
import type { Env } from './env.ts';

/** Names of variables that hold secrets, by their last word: no browser and no clipboard needs them. */
const secretVariable = /(?:^|_)(?:key|token|secret|password|passwd|passphrase|credentials?)$/i;

export function plainEnvironment(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secretVariable.test(name)));
}

/** For a library that hands on the environment of this process, whole: secrets are out of it meanwhile. */
export async function withPlainEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const secrets = Object.entries(process.env).filter(([name]) => secretVariable.test(name));
  for (const [name] of secrets) delete process.env[name];
  try {
    return await work();
  } finally {
    for (const [name, value] of secrets) process.env[name] = value;
  }
}
