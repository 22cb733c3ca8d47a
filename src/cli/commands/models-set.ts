// `models set`: another default model. One that cannot be served is refused with the cause; one that may be outside the
// plan is set with a warning.
import type { Env } from '../../platform/env.ts';
import { cleanText } from '../../platform/text.ts';
import type { NamedModel } from '../../providers/catalogue.ts';
import type { ModelRoute } from '../../providers/model-route.ts';
import { changeConfig } from '../config-change.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { defaultModelEdit } from '../default-model.ts';
import { isServedWith } from '../model-auth.ts';
import { readModelFacts, type ModelFacts } from '../model-facts.ts';
import { openApp } from '../open-app.ts';
import { isGatewayRunning } from '../running-gateway.ts';
import { printWarning } from '../ui/warning.ts';
import { whyNotServed } from '../why-not-served.ts';
import { checkPlan } from '../plan-check.ts';

export async function modelsSet(
  context: CommandContext,
  options: OutputOptions,
  name: string,
): Promise<number> {
  const output = createOutput(context, options);
  // Nobody is asked for a passphrase, or to unlock a keychain, for the sake of a warning.
  const app = openApp(context, { ...options, nonInteractive: true });
  try {
    const facts = await readModelFacts(app, output, { look: true });
    const route = servedRoute(facts.catalogue.resolve(name));
    const { primary } = facts.catalogue.chain();
    const plan = await checkPlan(app, facts, route, context.signal);
    const { changed } = await changeConfig(app, context.signal, ({ raw }) =>
      primary?.ref === route.ref ? [] : [defaultModelEdit({ raw }, route.ref)],
    );
    const isTaken = changed && (await isGatewayRunning(app, output));
    const before = primary === undefined || primary.ref === route.ref ? undefined : primary.ref;
    output.line(
      changed
        ? `${output.style.good('✓')} The default model is ${cleanText(route.ref, 120)} now${before === undefined ? '' : ` (it was ${cleanText(before, 120)})`}.`
        : `The default model was ${cleanText(route.ref, 120)} already.`,
    );
    if (isTaken) {
      const variable = keyVariable(facts, route, context.env);
      const condition = variable === undefined ? '' : `, if it was started with ${variable} as well`;
      output.line(`  The gateway that runs takes it over by itself${condition}.`);
    }
    const warnings = [plan, endedLogin(facts, route)].filter((warning) => warning !== undefined);
    for (const warning of warnings) printWarning(output, warning);
    output.result({
      default: route.ref,
      before: primary?.ref ?? null,
      changed,
      gatewayRunning: isTaken,
      warnings: warnings.map(({ message, remedy }) => ({ message, remedy })),
      configFile: app.paths.configFile,
    });
    return 0;
  } finally {
    app.close();
  }
}

/** Throws what the catalogue says of a model that cannot be served. */
function servedRoute({ route, trouble }: NamedModel): ModelRoute {
  if (trouble !== undefined) throw trouble;
  if (route === undefined) throw new TypeError('A model without trouble has a route.');
  return route;
}

function endedLogin(
  facts: ModelFacts,
  { provider, modelId, ref }: ModelRoute,
): { message: string; remedy: string } | undefined {
  const auth = facts.authOf(provider, modelId);
  if (isServedWith(auth)) return undefined;
  const { why, remedy } = whyNotServed({ auth });
  return { message: `${cleanText(ref, 120)} cannot be served now: ${why}`, remedy };
}

/** The variable of this command's own environment that opens the model: another process may not have it. */
function keyVariable(facts: ModelFacts, { provider, modelId }: ModelRoute, env: Env): string | undefined {
  const { keyFrom } = facts.authOf(provider, modelId);
  return keyFrom !== undefined && env[keyFrom] !== undefined ? keyFrom : undefined;
}
