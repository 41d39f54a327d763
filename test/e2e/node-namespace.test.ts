import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../../src/linux/exec.ts';

describe('the network of further nodes', function () {
  this.timeout(60_000);

  it('lets pods of different nodes reach each other by their own addresses, can be cut, and leaves nothing', async () => {
    const world = join(import.meta.dirname, 'node-namespace-world.ts');
    // A machine of its own: network, mounts, and a place for the names of namespaces.
    const setUp = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip link set lo up';
    const script = `mount --make-rprivate / && ${setUp} && exec "$0" "$1"`;
    const { stdout } = await run('unshare', ['-n', '-m', 'sh', '-c', script, process.execPath, world]);
    const { direct, isolated, reconnected, stable, clean, before, after } = JSON.parse(stdout.trim());
    expect({ direct, isolated, reconnected }).to.deep.equal({
      direct: '10.99.1.5',
      isolated: '',
      reconnected: '10.99.1.5',
    });
    expect(stable, 'doing it again changes nothing').to.equal(true);
    expect(clean, `${before}\n${after}`).to.equal(true);
  });
});
