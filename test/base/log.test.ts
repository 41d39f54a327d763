import { expect } from 'chai';
import { spawnSync } from 'node:child_process';

describe('a log', () => {
  it('loses messages when the disk is full, but not the process, and says so once', () => {
    const log = JSON.stringify(new URL('../../src/base/log.ts', import.meta.url).href);
    const program = `
      import { createLog } from ${log};
      const log = createLog('info', '/dev/full');
      for (let i = 0; i < 3; i++) log.error('lost');
      setTimeout(() => console.log('alive'), 1);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    expect(stderr.trim()).to.equal('The log /dev/full cannot be written (ENOSPC): messages are lost.');
    expect([status, stdout.trim()]).to.deep.equal([0, 'alive']);
  });
});
