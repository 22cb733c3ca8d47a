// `completion <shell>`: the script by which a shell asks this program what may follow.
import { OpenClawError } from '../../errors.ts';
import { nearestName } from '../../platform/nearest.ts';
import { quotedText } from '../../platform/text.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { completionScript } from '../completion/shell-scripts.ts';
import { shells } from '../completion/value-kinds.ts';

export function completion(
  context: CommandContext,
  options: OutputOptions,
  named: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const own = named === undefined ? shellOf(context.env['SHELL']) : named;
  const shell = shells.find((known) => known === own);
  if (shell === undefined) {
    const near = named === undefined ? undefined : nearestName(named, shells);
    throw new OpenClawError({
      code: 'USAGE',
      message:
        named === undefined
          ? 'Which shell? $SHELL names none of bash, zsh and fish.'
          : `There is no completion for ${quotedText(named, 40)}. There is: ${shells.join(', ')}.`,
      remedy:
        near === undefined
          ? 'See `openclaw completion --help`.'
          : `Did you mean \`openclaw completion ${near}\`?`,
    });
  }
  const script = completionScript(shell);
  output.line(script.trimEnd());
  output.result({ shell, script });
  return Promise.resolve(0);
}

/** The login shell of this user, by the name of its file. */
function shellOf(path: string | undefined): string | undefined {
  return path?.split('/').at(-1);
}
