// The models that can be chosen once a provider is set up: those of the catalogue as it will be, and those that a local
// server has named.
import { buildCatalogue, type App, type SetupChoice } from '../../app.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { cleanText } from '../../platform/text.ts';
import type { TakenServer } from './key-desk.ts';
import type { ModelOption } from './steps.ts';

/** Those of the provider first, then what else can be used now. */
export async function modelOptions(
  app: App,
  choice: SetupChoice | undefined,
  server: TakenServer | undefined,
): Promise<readonly ModelOption[]> {
  const catalogue = await catalogueWith(app, choice);
  const refs = new Map<string, ModelOption>();
  const add = (ref: string): void => {
    const isFirst = choice?.pluginId === undefined && choice?.defaultModel === ref;
    refs.set(ref, { ref, ...(isFirst ? { hint: 'recommended' } : {}) });
  };
  if (server?.answer.kind === 'models')
    for (const { id } of server.answer.models) add(`${server.choice.provider}/${id}`);
  const routes = catalogue.list();
  const usual = choice?.pluginId === undefined ? choice?.defaultModel : undefined;
  if (usual !== undefined && routes.some(({ ref }) => ref === usual)) add(usual);
  for (const { ref, provider } of routes) if (provider === choice?.provider && !refs.has(ref)) add(ref);
  for (const { ref } of routes) if (!refs.has(ref)) add(ref);
  return [...refs.values()];
}

/** Those of the provider that was set up, and the one of them that a login or a key brings as the default. */
export async function offeredModels(
  app: App,
  {
    choice,
    report,
    server,
  }: {
    readonly choice: SetupChoice;
    readonly report: { readonly defaultModel?: string } | undefined;
    readonly server: TakenServer | undefined;
  },
): Promise<{ own: readonly ModelOption[]; offered: string | undefined }> {
  const known = await modelOptions(app, choice, server);
  const own = known.filter(({ ref }) => ref.startsWith(`${choice.provider}/`));
  // Those that are offered begin with the usual one.
  const usual = choice.pluginId === undefined ? own[0]?.ref : undefined;
  return { own, offered: report?.defaultModel ?? usual };
}

export function setModelCommand(ref: string): string {
  return `openclaw models set ${shellWord(cleanText(ref, 200))}`;
}

/** As it is once this is set up. */
export function catalogueWith(app: App, choice: SetupChoice | undefined): ReturnType<typeof buildCatalogue> {
  const host = choice?.pluginId === undefined ? app.plugins() : app.pluginsWith(choice.pluginId);
  return buildCatalogue(app, host, choice === undefined ? {} : { asIfLoggedInTo: choice.provider });
}

/** Its ref; MODEL_UNKNOWN for one that would not be served. A local server loads what it is asked for. */
export async function findModel(
  app: App,
  choice: SetupChoice | undefined,
  server: TakenServer | undefined,
  name: string,
): Promise<string> {
  if (server !== undefined) {
    const { provider } = server.choice;
    const listed = server.answer.kind === 'models' ? server.answer.models.map(({ id }) => id) : [];
    if (listed.includes(name)) return `${provider}/${name}`;
    if (name.startsWith(`${provider}/`) && name.length > provider.length + 1) return name;
  }
  return (await catalogueWith(app, choice)).find(name).ref;
}
