// A process that enables plugins in a configuration file, one edit after another: `config-editor.ts <file> <name> <times>`.
// It tells its parent of each edit that is done.
import { editConfig } from '../../src/config/edit.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';

const [file = '', name = '', times = '1'] = process.argv.slice(2);
for (let count = 1; count <= Number(times); count += 1) {
  await editConfig({
    file,
    edits: [{ path: ['plugins', 'entries', `${name}${count}`, 'enabled'], value: true }],
    clock: systemClock,
    random: systemRandom,
  });
  process.send?.(count);
}
process.disconnect?.();
