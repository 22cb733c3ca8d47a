// `models status`: the default model, its fallbacks and the aliases, what each is served with, and which model a request
// for `default` reaches now. It asks no network and opens no key.
import { cleanText } from '../../platform/text.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { describeChain, describeService, type ModelChain, type ModelLink } from '../model-chain.ts';
import { readModelFacts, type ModelFacts } from '../model-facts.ts';
import { authToJson, errorToJson } from '../model-rows.ts';
import { openApp } from '../open-app.ts';
import { whyNotServed } from '../why-not-served.ts';
import { aliasToJson, listAliases, type AliasState } from './models-aliases.ts';

export async function modelsStatus(
  context: CommandContext,
  options: OutputOptions & { check?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await readModelFacts(app, output, { look: false });
    const chain = describeChain(facts);
    const aliases = listAliases(facts);
    const check = chain.now === undefined ? 1 : 0;
    output.result({
      default: chain.primary === undefined ? null : linkToJson(chain.primary),
      fallbacks: chain.fallbacks.map(linkToJson),
      aliases: aliases.map(aliasToJson),
      now: chain.now === undefined ? null : { ref: chain.now.ref, auth: authToJson(chain.now.auth) },
      check,
    });
    if (!output.json) print(output, facts, chain, aliases);
    return options.check === true ? check : 0;
  } finally {
    app.close();
  }
}

function print(output: Output, facts: ModelFacts, chain: ModelChain, aliases: readonly AliasState[]): void {
  const { style } = output;
  if (chain.primary === undefined) {
    output.line('Default   none is set');
    output.line('            Set one: openclaw models set <ref>; openclaw models list shows what there is');
  } else printLink(output, 'Default', chain.primary, facts.nowMs);
  for (const [index, link] of chain.fallbacks.entries()) {
    printLink(output, index === 0 ? 'Fallback' : '', link, facts.nowMs);
  }
  for (const [index, alias] of aliases.entries()) {
    const name = cleanText(alias.alias, 60);
    const trouble = alias.served ? '' : style.warn(`  ${alias.note ?? 'not served'}`);
    output.line(
      `${(index === 0 ? 'Aliases' : '').padEnd(8)}  ${name} → ${cleanText(alias.ref, 120)}${trouble}`,
    );
  }
  output.line(`Now       ${describeNow(chain, style)}`);
}

function printLink(output: Output, label: string, link: ModelLink, nowMs: number): void {
  const { style } = output;
  const alias = link.name === link.ref ? '' : style.dim(` (as ${cleanText(link.name, 60)})`);
  output.line(`${label.padEnd(8)}  ${style.bold(cleanText(link.ref, 120))}${alias}`);
  if (link.served) {
    const isFine = link.auth.state === 'ready' && !link.passedOver;
    output.line(`            ${(isFine ? style.good : style.warn)(describeService(link, nowMs))}`);
    return;
  }
  const { why, remedy } = whyNotServed(link);
  output.line(`            ${style.bad('not served')}: ${why}`);
  output.line(`            ${remedy}`);
}

function describeNow({ primary, fallbacks, now }: ModelChain, style: Output['style']): string {
  if (primary === undefined) return style.bad('`default` means nothing');
  if (primary.route === undefined && fallbacks.length > 0) {
    return style.bad('nothing can serve `default`: fallbacks stand in only for a model that is known');
  }
  if (now === undefined) return style.bad('nothing can serve `default`');
  const ref = cleanText(now.ref, 120);
  if (now.auth.state === 'cooling') return style.warn(`\`default\` is ${ref}, which cools down`);
  return now.ref === primary.ref ? `\`default\` is ${ref}` : style.warn(`\`default\` is ${ref}, a fallback`);
}

function linkToJson(link: ModelLink): Record<string, unknown> {
  const { trouble } = link;
  return {
    ref: link.ref,
    name: link.name,
    served: link.served,
    passedOver: link.passedOver,
    auth: authToJson(link.auth),
    error: trouble === undefined ? null : errorToJson(trouble),
  };
}
