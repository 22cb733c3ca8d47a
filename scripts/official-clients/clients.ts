// The clients of the play, each as its own documentation and ours say: a shell evaluates what `openclaw env` prints, and the
// client is asked one thing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingsPatch } from '../../extensions/minimax-portal-auth/simulator/settings.ts';

const installed = join(import.meta.dirname, '../../test/peers/clis/node_modules');

export type Turn = {
  readonly title: string;
  readonly script: string;
  /** How the upstream differs meanwhile. */
  readonly upstream?: SettingsPatch;
};

export type Client = {
  readonly name: string;
  /** The program, started by Node; absent files mean that it is not installed. */
  readonly file: string;
  readonly program: string;
  /** Lines for a shell; the question is `$QUESTION`. */
  readonly turns: readonly Turn[];
};

const claude = 'eval "$(openclaw env claude-code)"\n';
const codex = 'eval "$(openclaw env codex)"\n';

/** As it is, by a name of a model that people pick, and by one whose window is wished for. */
const claudeModels = ['opus', 'sonnet', 'haiku', 'opus[1m]'];

export const clients: readonly Client[] = [
  {
    name: '@anthropic-ai/claude-code',
    file: join(installed, '@anthropic-ai/claude-code/cli-wrapper.cjs'),
    program: 'claude',
    turns: [
      { title: 'claude -p', script: `${claude}claude -p "$QUESTION"` },
      ...claudeModels.map((model) => ({
        title: `claude -p --model '${model}'`,
        script: `${claude}claude -p --model '${model}' "$QUESTION"`,
      })),
      {
        title: 'claude -p, without what it need not ask',
        script: `${claude}export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1\nclaude -p "$QUESTION"`,
      },
      {
        title: 'claude -p, at an upstream that refuses the role "system" within a conversation',
        script: `${claude}claude -p "$QUESTION"`,
        upstream: { innerSystemRole: 'refuse' },
      },
    ],
  },
  {
    name: '@openai/codex',
    file: join(installed, '@openai/codex/bin/codex.js'),
    program: 'codex',
    turns: [
      {
        title: 'codex exec',
        script: `${codex}codex exec --skip-git-repo-check "$QUESTION" </dev/null`,
      },
      {
        title: 'codex exec, by config.toml',
        script: `mkdir ~/.codex; cat >~/.codex/config.toml <<end
model = "minimax-portal/MiniMax-M3"
model_context_window = 1000000
model_provider = "openclaw"

[model_providers.openclaw]
name = "OpenClaw"
base_url = "http://127.0.0.1:$OPENCLAW_GATEWAY_PORT/v1"
env_key = "OPENCLAW_API_KEY"
wire_api = "responses"
end
export OPENCLAW_API_KEY="$(openclaw gateway token)"
codex exec --skip-git-repo-check "$QUESTION" </dev/null`,
      },
    ],
  },
];

export function missing(): Client[] {
  return clients.filter(({ file }) => !existsSync(file));
}
