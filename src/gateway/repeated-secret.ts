// Error answers of an upstream that repeat the credential they were sent. Who may use the gateway may use a login, but
// not have its token: such an answer is withheld, and its meaning told in the gateway's own words.
import type { Lease } from '../auth/lease.ts';
import { withoutSecrets } from '../redaction.ts';
import type { AnswerHead } from './response-headers.ts';

/** What a lease puts into the headers of a request. */
export function secretsOf(lease: Lease): string[] {
  return [...new Set(Object.values(lease.headers).map((value) => value.replace(/^Bearer /i, '')))];
}

/** `text`: the answer's body as text, whatever its encoding was. */
export function repeatsSecret(head: AnswerHead, text: string, secrets: readonly string[]): boolean {
  const said = [text, ...head.headers].join('\n');
  return withoutSecrets(said, secrets) !== said;
}
