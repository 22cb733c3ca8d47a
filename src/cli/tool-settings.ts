// What each tool has to be told so that it asks the gateway: variables, and where those are not enough, arguments.
// Which model it gets, and how all this is printed, is decided by the command.
import type { ModelApi } from '../plugin-sdk/index.ts';
import type { ModelRoute } from '../providers/model-route.ts';

export const tools = ['claude-code', 'anthropic', 'openai', 'codex'] as const;
export type Tool = (typeof tools)[number];

/** Tools that are told a model, and the one API that each of them speaks. SDKs name a model in every request. */
export const apiOfTool: Readonly<Partial<Record<Tool, ModelApi>>> = {
  'claude-code': 'anthropic-messages',
  codex: 'openai-responses',
};

export type ToolSettings = {
  readonly variables: Readonly<Record<string, string>>;
  /** The variable that the gateway's token goes into. */
  readonly tokenVariable: string;
  /** What else a tool would take for its key. */
  readonly cleared: readonly string[];
  /** For a program that takes no address from a variable: what it is called with. */
  readonly program?: { readonly name: string; readonly args: readonly string[] };
};

/** `model`: `default` stands for one that is not known yet. */
export type ToolModel = Pick<ModelRoute, 'ref' | 'definition'> | 'default';

export function toolSettings(tool: Tool, gatewayUrl: string, model: ToolModel): ToolSettings {
  switch (tool) {
    case 'anthropic':
      return {
        variables: { ANTHROPIC_BASE_URL: gatewayUrl },
        tokenVariable: 'ANTHROPIC_API_KEY',
        cleared: [],
      };
    case 'openai':
      return {
        variables: { OPENAI_BASE_URL: `${gatewayUrl}/v1` },
        tokenVariable: 'OPENAI_API_KEY',
        cleared: [],
      };
    case 'claude-code':
      return {
        variables: { ANTHROPIC_BASE_URL: gatewayUrl, ...claudeModels(refOf(model)), ...claudeLimits(model) },
        tokenVariable: 'ANTHROPIC_AUTH_TOKEN',
        // It would ask which of the two keys to use.
        cleared: ['ANTHROPIC_API_KEY'],
      };
    case 'codex':
      return {
        variables: {},
        tokenVariable: codexKey,
        cleared: [],
        program: { name: 'codex', args: codexArgs(gatewayUrl, model) },
      };
  }
}

function refOf(model: ToolModel): string {
  return model === 'default' ? model : model.ref;
}

/** What it would otherwise ask for by Anthropic's own names; the last is how older versions call the haiku one. */
function claudeModels(ref: string): Record<string, string> {
  return {
    ANTHROPIC_MODEL: ref,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: ref,
    ANTHROPIC_DEFAULT_SONNET_MODEL: ref,
    ANTHROPIC_DEFAULT_OPUS_MODEL: ref,
    ANTHROPIC_DEFAULT_FABLE_MODEL: ref,
    ANTHROPIC_SMALL_FAST_MODEL: ref,
  };
}

/**
 * What it gets wrong of a model that it does not know: it believes in a window of a million tokens and would not make
 * room in time, and it puts messages of the role `system` into a conversation, which not every server takes
 * (MiniMax-AI/MiniMax-M2.7 issue 43). It knows the models of its maker.
 */
function claudeLimits(model: ToolModel): Record<string, string> {
  if (model === 'default' || model.definition.id.startsWith('claude')) return {};
  return {
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(model.definition.contextWindow),
    CLAUDE_CODE_MODEL_CAPABILITIES: '-mid_conv_system',
  };
}

/** Not OPENCLAW_GATEWAY_TOKEN: that one sets the token of a gateway that is started from the same shell. */
const codexKey = 'OPENCLAW_API_KEY';

/** Its built-in providers cannot be pointed elsewhere; values are TOML. */
function codexArgs(gatewayUrl: string, model: ToolModel): string[] {
  const provider: Record<string, string> = {
    name: 'OpenClaw',
    base_url: `${gatewayUrl}/v1`,
    env_key: codexKey,
    wire_api: 'responses',
  };
  const members = Object.entries(provider).map(([name, value]) => `${name}=${tomlString(value)}`);
  const settings = [
    `model_providers.openclaw={${members.join(',')}}`,
    'model_provider="openclaw"',
    `model=${tomlString(refOf(model))}`,
  ];
  // It knows nothing of models that are not OpenAI's.
  if (model !== 'default') settings.push(`model_context_window=${model.definition.contextWindow}`);
  return settings.flatMap((setting) => ['-c', setting]);
}

/** A basic string of TOML has the escapes of JSON. */
function tomlString(text: string): string {
  return JSON.stringify(text);
}
