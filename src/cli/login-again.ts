// The command that replaces a login by a new one of the same name, at the same site.
import { cleanText } from '../platform/text.ts';

/** Without backticks: `openclaw auth login --profile-id minimax-portal:work --region cn`. */
export function loginAgain({ id, region }: { id: string; region?: string | undefined }): string {
  const site = region === undefined ? '' : ` --region ${cleanText(region, 40)}`;
  return `openclaw auth login --profile-id ${cleanText(id, 120)}${site}`;
}
