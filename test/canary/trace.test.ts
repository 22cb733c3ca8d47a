// The judge over all bytes that a process tree writes sees every way out, and leaves sockets alone.
import { spawn } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSearch } from '../support/canaries.ts';
import { follow } from '../support/cli-process.ts';
import { createTrace, tracingTrouble } from '../support/process-trace.ts';

const value = 'not-marked-but-known-1';
const trouble = tracingTrouble();

describe('a trace', () => {
  beforeEach((context) => {
    // Whether that is a failure is for canary.test.ts to say.
    if (trouble !== undefined) context.skip(trouble.reason);
  });

  const ways: [string, string, boolean][] = [
    ['a file that is gone', 'fs.writeFileSync(f, v); fs.rmSync(f)', true],
    ['an encoding', "fs.writeFileSync(f, Buffer.from('x' + v).toString('base64'))", true],
    [
      'pieces in one call',
      "fs.writevSync(fs.openSync(f, 'w'), [Buffer.from(v.slice(0, 9)), Buffer.from(v.slice(9))])",
      true,
    ],
    ['nowhere', "fs.writeFileSync('/dev/null', v)", true],
    ['the arguments of a child', "child.spawnSync('true', [v])", true],
    ['the environment of a child', "child.spawnSync('true', [], { env: { V: v } })", true],
    [
      'what a child writes',
      "child.spawnSync('sh', ['-c', 'cat > /dev/null'], { input: '' }); child.spawnSync('sh', ['-c', 'read v; echo $v'], { input: v + '\\n' })",
      true,
    ],
    ['standard output', 'process.stdout.write(v)', true],
    ['standard error', 'process.stderr.write(v)', true],
    [
      'a socket',
      "const s = net.createServer((c) => c.end(v)).listen(0, '127.0.0.1', () => net.connect(s.address().port).resume().on('close', () => s.close()))",
      false,
    ],
  ];
  it.each(ways)('%s', async (_what, code, isSeen) => {
    const trace = createTrace();
    const script = `const fs = require('fs'), net = require('net'), child = require('child_process');
      const v = Buffer.from('${Buffer.from(value).toString('hex')}', 'hex').toString(), f = process.env.TRACE_FILE; ${code};`;
    const [program, ...args] = [...trace.under, process.execPath, '--eval', script];
    const file = `${trace.under.at(-1) ?? ''}-written`;
    await follow(spawn(program, args, { env: { PATH: process.env['PATH'] ?? '', TRACE_FILE: file } })).ended;
    const search = createSearch({ value });
    expect(trace.writes().length).toBeGreaterThan(0);
    expect(trace.writes().some(({ bytes }) => search(bytes).length > 0)).toBe(isSeen);
  });
});
