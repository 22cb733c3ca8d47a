// What a manifest may say, and how its slips are named.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOpenClawError } from '../../src/errors.ts';
import { parseManifest } from '../../src/plugins/manifest.ts';

const choice = { provider: 'lab', method: 'key', choiceId: 'lab-key', choiceLabel: 'Lab key' };

describe('parseManifest', () => {
  it('takes what the contract names, and leaves out what it does not', () => {
    const text = JSON.stringify({
      id: 'lab',
      configSchema: { type: 'object' },
      name: 'Lab\u001b[31m red',
      providers: ['lab'],
      providerAuthChoices: [
        { ...choice, choiceHint: 'a\nb', groupId: 'lab', aliases: ['lab-api'], unknown: 1 },
      ],
      kind: 'something of OpenClaw',
    });
    expect(parseManifest(`\ufeff${text}`, 'x')).toEqual({
      id: 'lab',
      configSchema: { type: 'object' },
      name: 'Lab red',
      providers: ['lab'],
      providerAuthChoices: [{ ...choice, choiceHint: 'a b', groupId: 'lab', aliases: ['lab-api'] }],
    });
  });

  it.each<[unknown, string]>([
    ['not JSON', 'it is not JSON'],
    [[], 'it must be object'],
    [{ configSchema: {} }, 'id must be string'],
    [{ id: 'Lab Rat', configSchema: {} }, 'id must be lower-case letters'],
    [{ id: 'lab' }, 'configSchema must be object'],
    [{ id: 'lab', configSchema: {}, providers: 'lab' }, 'providers must be array'],
    [
      { id: 'lab', configSchema: {}, providerAuthChoices: [{ ...choice, method: '' }] },
      'providerAuthChoices.0.method must be a text that is not empty',
    ],
    [
      { id: 'lab', configSchema: {}, providerAuthChoices: [{ ...choice, choiceLabel: undefined }] },
      'providerAuthChoices.0.choiceLabel must be string',
    ],
  ])('of %j says what is wrong, and where', (manifest, reason) => {
    const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    try {
      parseManifest(text, 'plugins/lab/openclaw.plugin.json');
      expect.unreachable();
    } catch (error) {
      expect(isOpenClawError(error) && error.code).toBe('PLUGIN_FAILED');
      expect(isOpenClawError(error) && error.message).toContain(
        `plugins/lab/openclaw.plugin.json: ${reason}`,
      );
    }
  });

  it('takes the manifest of the bundled plugin', () => {
    const file = join(import.meta.dirname, '../../extensions/minimax-portal-auth/openclaw.plugin.json');
    const manifest = parseManifest(readFileSync(file, 'utf8'), file);
    expect(manifest.id).toBe('minimax-portal-auth');
    expect(manifest.providers).toEqual(['minimax-portal']);
  });
});
