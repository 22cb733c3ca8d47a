// Completion in the shells themselves: words with colons, slashes, equal signs and quotes, descriptions, names of files, and
// nothing that is evaluated or said besides.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createHome } from '../support/cli-process.ts';
import { programFile } from '../support/program-file.ts';
import { createCompletionStage, lacksShell, type CompletionStage } from '../support/shell-completion.ts';

const hostile = '$(touch<pwned)`x`;"\'';

async function createStage(): Promise<CompletionStage> {
  const stage = createCompletionStage();
  await stage.answer(['auth', 'st']);
  await stage.answer(['auth', 'logi']);
  await stage.answer(['onboard', '--region=c']);
  await stage.answer(['onboard', '--region', 'c']);
  await stage.answer(['auth', 'storage', 'migrate', 'key-file', '--key-file', 'ke']);
  await stage.answer(['auth', 'storage', 'migrate', 'key-file', '--key-file=ke']);
  stage.stub(
    ['auth', 'logout', 'minimax-portal:'],
    ['minimax-portal:default\tGlobal', 'minimax-portal:work\tCN'],
  );
  stage.stub(['auth', 'logout', 'minimax-portal:w'], ['minimax-portal:work\tCN: the other one']);
  stage.stub(['models', 'set', 'minimax-portal/MiniMax-M3'], ['minimax-portal/MiniMax-M3\t']);
  stage.stub(['onboard', '--model=minimax-portal/M'], ['--model=minimax-portal/MiniMax-M3\t']);
  stage.stub(['config', 'get', 'models[mini'], ['models[minimax/MiniMax-M3].alias\t']);
  stage.stub(['models', 'list', 'evil'], [`evil${hostile}\tx`]);
  writeFileSync(join(stage.folder, 'key one'), '');
  return stage;
}

describe.skipIf(lacksShell('bash'))('bash', () => {
  /** As readline cuts a line: at white space, and around `:` and `=` of COMP_WORDBREAKS. */
  const complete = (line: string, ...words: string[]): string =>
    `COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _openclaw; printf '%s|' "\${COMPREPLY[@]}"; echo\n`;

  it('completes', async () => {
    const stage = await createStage();
    const answers = await stage.play(
      'bash',
      [
        'source SCRIPT\n',
        complete('openclaw auth st', 'openclaw', 'auth', 'st'),
        complete(
          'openclaw auth  logout minimax-portal:',
          'openclaw',
          'auth',
          'logout',
          'minimax-portal',
          ':',
        ),
        complete(
          'openclaw auth logout minimax-portal:w',
          'openclaw',
          'auth',
          'logout',
          'minimax-portal',
          ':',
          'w',
        ),
        complete('openclaw auth logout "minimax-portal:w', 'openclaw', 'auth', 'logout', '"minimax-portal:w'),
        complete(
          'openclaw models set minimax-portal/MiniMax-M3',
          'openclaw',
          'models',
          'set',
          'minimax-portal/MiniMax-M3',
        ),
        complete('openclaw onboard --region=c', 'openclaw', 'onboard', '--region', '=', 'c'),
        complete(
          'openclaw onboard --model=minimax-portal/M',
          'openclaw',
          'onboard',
          '--model',
          '=',
          'minimax-portal/M',
        ),
        complete('openclaw config get models\\[mini', 'openclaw', 'config', 'get', 'models\\[mini'),
        complete(
          'openclaw auth storage migrate key-file --key-file ke',
          'openclaw',
          'auth',
          'storage',
          'migrate',
          'key-file',
          '--key-file',
          'ke',
        ),
        complete(
          'openclaw auth storage migrate key-file --key-file=ke',
          'openclaw',
          'auth',
          'storage',
          'migrate',
          'key-file',
          '--key-file',
          '=',
          'ke',
        ),
        complete('openclaw nothing here', 'openclaw', 'nothing', 'here'),
        'COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n',
        complete('openclaw auth logout minimax-portal:w', 'openclaw', 'auth', 'logout', 'minimax-portal:w'),
      ].join(''),
    );
    expect(answers.split('\n')).toEqual([
      'status|storage|',
      'default|work|',
      'work|',
      'minimax-portal:work|',
      'minimax-portal/MiniMax-M3|',
      'cn|',
      'minimax-portal/MiniMax-M3|',
      'models\\[minimax/MiniMax-M3\\].alias|',
      'key one|',
      'key one|',
      '|',
      'minimax-portal:work|',
      '',
    ]);
  });

  it('asks the program itself', async () => {
    const home = createHome();
    home.writeConfig('{ broken');
    const openclaw = join(home.folder, 'openclaw');
    writeFileSync(openclaw, `#!/bin/sh\nexec '${process.execPath}' '${programFile()}' "$@"\n`, {
      mode: 0o755,
    });
    const program = `eval "$(openclaw completion bash)"\n${complete('openclaw gateway st', 'openclaw', 'gateway', 'st')}${complete('openclaw models set m', 'openclaw', 'models', 'set', 'm')}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', program], {
      env: { ...home.env, PATH: `${home.folder}:${process.env['PATH'] ?? ''}` },
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'start|stop|status|\n|\n', stderr: '' });
  });

  it('evaluates no candidate, and quotes it for the line', async () => {
    const stage = await createStage();
    const program = `source SCRIPT\n${complete('openclaw models list evil', 'openclaw', 'models', 'list', 'evil')}eval "word=\${COMPREPLY[0]}"; printf '%s\\n' "$word"\n`;
    const [, word] = (await stage.play('bash', program)).split('\n');
    expect(word).toBe(`evil${hostile}`);
    expect(existsSync(join(stage.folder, 'pwned'))).toBe(false);
  });
});

describe.skipIf(lacksShell('zsh'))('zsh', () => {
  it('completes in a terminal, with descriptions', async () => {
    const stage = await createStage();
    const lines = [
      'openclaw auth logi',
      'openclaw auth logout minimax-portal:w',
      'openclaw models set minimax-portal/MiniMax-M3',
      'openclaw onboard --region=c',
      'openclaw auth storage migrate key-file --key-file=ke',
      'openclaw models list evil',
      'openclaw auth st',
    ];
    // A line, Tab, and a key that prints the line as it is then.
    const seen = await stage.play(
      'zsh',
      `zmodload zsh/zpty
zpty z zsh -f -i
await() { local out= chunk; while zpty -r z chunk; do out+=$chunk; [[ $out == *$1* ]] && break; done; REPLY=$out }
zpty -w z 'PS1=; unsetopt beep; stty -echo cols 200; autoload -U compinit; compinit -u -D; source SCRIPT; show() { print -r -- "<<$BUFFER>>"; BUFFER=; }; zle -N show; bindkey "^Xs" show; print REA""DY'
await READY
${lines.map((line) => `zpty -w -n z ${JSON.stringify(line)}$'\\t\\C-Xs'; await '>>'; print -r -- "$REPLY"`).join('\n')}
zpty -d z
`,
    );
    expect([...seen.matchAll(/<<(.*?)>>/g)].map(([, line]) => line)).toEqual([
      'openclaw auth login ',
      'openclaw auth logout minimax-portal:work ',
      'openclaw models set minimax-portal/MiniMax-M3 ',
      'openclaw onboard --region=cn ',
      'openclaw auth storage migrate key-file --key-file=key\\ one ',
      `openclaw models list evil${hostile.replace(/[$()<`;"']/g, '\\$&')} `,
      'openclaw auth st',
    ]);
    expect(seen).toMatch(/storage +-- where the key that opens the logins is kept/);
    expect(seen).not.toContain('a word on stderr');
    expect(existsSync(join(stage.folder, 'pwned'))).toBe(false);
  });

  it('is found in a folder of $fpath', async () => {
    const stage = await createStage();
    const program = `mkdir functions; cp SCRIPT functions/_openclaw; fpath=($PWD/functions $fpath)
autoload -U compinit; compinit -u -D; print -r -- $_comps[openclaw]\n`;
    expect(await stage.play('zsh', program)).toBe('_openclaw\n');
  });
});

describe.skipIf(lacksShell('fish'))('fish', () => {
  it('completes, with descriptions', async () => {
    const stage = await createStage();
    const lines = [
      'openclaw auth st',
      'openclaw auth logout minimax-portal:',
      'openclaw models set minimax-portal/MiniMax-M3',
      'openclaw onboard --region=c',
      'openclaw auth storage migrate key-file --key-file=ke',
      'openclaw models list evil',
    ];
    const seen = await stage.play(
      'fish',
      `source SCRIPT\n${lines.map((line) => `complete -C '${line}'; echo ==`).join('\n')}\n`,
    );
    expect(seen.split('==\n')).toEqual([
      expect.stringMatching(/^status\tevery login.*\nstorage\twhere the key.*\n$/),
      'minimax-portal:default\tGlobal\nminimax-portal:work\tCN\n',
      'minimax-portal/MiniMax-M3\n',
      '--region=cn\n',
      '--key-file=key one\n',
      `evil${hostile}\tx\n`,
      '',
    ]);
    expect(readFileSync(join(stage.folder, 'asked'), 'utf8')).not.toContain('"');
    expect(existsSync(join(stage.folder, 'pwned'))).toBe(false);
  });
});
