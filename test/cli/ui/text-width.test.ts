// Columns of texts in several scripts, and texts that are made to fit them.
import { describe, expect, it } from 'vitest';
import { cutToWidth, foldText, padToWidth, textWidth } from '../../../src/cli/ui/text-width.ts';

describe('the width of a text', () => {
  it.each([
    ['', 0],
    ['Code', 4],
    ['等待您的批准', 12],
    ['承認を待っています', 18],
    ['승인 대기', 9],
    ['Ожидание', 8],
    ['Godkend på', 10],
    ['e\u0301', 1],
    ['\uff21', 2],
    ['👩‍👩‍👧', 2],
    ['… · ’', 5],
  ])('%s', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it.each([
    ['Waiting', 7, 'Waiting'],
    ['Waiting', 6, 'Waiti…'],
    ['等待批准', 8, '等待批准'],
    ['等待批准', 7, '等待批…'],
    ['等待批准', 6, '等待…'],
    ['等待', 1, '…'],
    ['等待', 0, ''],
  ])('%s cut to %i', (text, columns, cut) => {
    expect(cutToWidth(text, columns)).toBe(cut);
  });

  it('is what labels are padded by', () => {
    expect(padToWidth('代码', 6)).toBe('代码  ');
  });

  it.each([
    'Approve only if you started this login yourself, just now.',
    '只有在您本人刚刚发起此登录时才批准。',
    'Approve with the code (this is SSH).',
    '可用验证码在任意设备上批准（这是会话）。',
  ])('folded, no line is wider than the window and no word is lost: %s', (text) => {
    const lines = foldText(text, 20);
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(20);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    expect(lines.every((line) => line === line.trim() && !/^[,.，。]|[(（]$/.test(line))).toBe(true);
  });
});
