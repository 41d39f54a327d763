import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDataDir, lockDataDir, openDataDir, runningOn } from '../../src/cluster/data-dir.ts';

describe('the data folder', () => {
  let path: string;
  const open = () => openDataDir(path, () => 'the-id');

  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'coxswain-data-')), 'inner');
  });
  afterEach(() => rmSync(join(path, '..'), { recursive: true, force: true }));

  it('is its owner’s alone, and keeps its identity', () => {
    expect(open().clusterId).to.equal('the-id');
    expect(openDataDir(path, () => 'another').clusterId).to.equal('the-id');
    expect(statSync(path).mode & 0o777).to.equal(0o700);
  });

  it('is found only where there is one', () => {
    expect(findDataDir(path)).to.equal(undefined);
    open();
    expect(findDataDir(path)?.clusterId).to.equal('the-id');
  });

  it('is locked while its process lives', () => {
    const dataDir = open();
    const unlock = lockDataDir(dataDir);
    expect(runningOn(dataDir)).to.equal(process.pid);
    unlock();
    expect(runningOn(dataDir)).to.equal(undefined);
  });

  it('is refused to a second process, with who has it', () => {
    const dataDir = open();
    const parent = process.ppid;
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    writeFileSync(dataDir.lock, `${parent} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`);
    expect(() => lockDataDir(dataDir)).to.throw(`(process ${parent})`);
  });

  it('is free when the number of a process that died belongs to another now', () => {
    const dataDir = open();
    writeFileSync(dataDir.lock, `${process.ppid} 1`);
    expect(runningOn(dataDir)).to.equal(undefined);
  });

  it('is free when its process has ended, though nobody asked for the exit code', async () => {
    const dataDir = open();
    // The inner process ends when its parent has turned into a sleep, which never asks.
    const script = '(while [ "$(cat /proc/$$/comm)" != sleep ]; do :; done) & echo $!; exec sleep 60';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      let fields: string[] = [];
      while (fields[0] !== 'Z') {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        await new Promise((resolve) => setImmediate(resolve));
      }
      writeFileSync(dataDir.lock, `${pid} ${fields[19]}`);
      expect(runningOn(dataDir)).to.equal(undefined);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
