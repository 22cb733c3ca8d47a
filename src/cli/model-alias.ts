// Which names an alias may be: one that nothing else has, and that looks like no ref. Pure.
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { defaultName } from '../providers/unknown-model.ts';

export type AliasFacts = {
  readonly alias: string;
  /** Of the model that is to have it. */
  readonly ref: string;
  /** To ref. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly models: readonly { readonly ref: string; readonly modelId: string }[];
};

const longest = 64;
const form = /^[\p{L}\p{N}][\p{L}\p{N}._:+@-]*$/u;

/** `note`: what else to know of it. Throws USAGE for a name that cannot be one, or that something else has. */
export function decideAlias({ alias, ref, aliases, models }: AliasFacts): { note?: string } {
  const shown = JSON.stringify(cleanText(alias, longest));
  if (alias.includes('/')) {
    throw refused(
      `${shown} looks like a ref (provider/model), which an alias cannot be.`,
      'Take a name without a slash: `openclaw models aliases add fast minimax/MiniMax-M2.7-highspeed`.',
    );
  }
  if (alias === defaultName) {
    throw refused(
      `"${defaultName}" stands for the default model and cannot be an alias.`,
      'Set that one: `openclaw models set minimax/MiniMax-M2.1`, or take another name.',
    );
  }
  if (alias.length > longest || !form.test(alias)) {
    throw refused(
      `${shown} cannot be an alias: letters, digits and . _ : + @ - are allowed, up to ${longest}, a letter or digit first.`,
      'For example: `openclaw models aliases add fast minimax/MiniMax-M2.7-highspeed`.',
    );
  }
  const owner = aliases.get(alias);
  if (owner !== undefined && owner !== ref) {
    throw refused(
      `The alias ${shown} is that of ${cleanText(owner, 120)}.`,
      `Take it away there first: \`openclaw models aliases remove ${alias}\`, or take another name.`,
    );
  }
  const same = models.filter(({ modelId }) => modelId === alias);
  if (same.length > 0 && !same.some((model) => model.ref === ref)) {
    throw refused(
      `${shown} is the id of a model already: ${same.map((model) => cleanText(model.ref, 120)).join(', ')}.`,
      'Take a name that no model has. See them: `openclaw models list --all`.',
    );
  }
  if (same.length > 1) {
    const others = same.filter((model) => model.ref !== ref).map((model) => cleanText(model.ref, 120));
    return {
      note: `the id ${shown} is also that of ${others.join(', ')}; alone it means ${cleanText(ref, 120)} now.`,
    };
  }
  const near = [...aliases.keys()].find(
    (known) => known !== alias && known.toLowerCase() === alias.toLowerCase(),
  );
  if (near === undefined) return {};
  return { note: `there is ${JSON.stringify(cleanText(near, longest))} too; names are case-sensitive.` };
}

function refused(message: string, remedy: string): OpenClawError {
  return new OpenClawError({ code: 'USAGE', message, remedy });
}
