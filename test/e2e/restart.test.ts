import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { eventually, execute, RunningCluster } from './running-cluster.ts';

/** Stops, crashes and outages of a cluster with a node, and what is left of it at the end. */
describe('a cluster that stops and starts', function () {
  this.timeout(180_000);
  let cluster: RunningCluster;
  let rulesBefore: string[];

  before(async () => {
    rulesBefore = rules();
    cluster = await RunningCluster.start();
    await cluster.ok('apply -f examples/web.yaml');
    await cluster.ok('rollout status deployment/web --timeout=60s');
  });

  after(async () => {
    await cluster?.destroy();
  });

  /** iptables rules in order, without counters, comments, and what the Docker Engine puts back in another order when it restarts. */
  function rules(): string[] {
    const text = execFileSync('iptables-save', { encoding: 'utf8' });
    return text
      .split('\n')
      .filter((line) => line && !line.startsWith('#') && !line.includes('DOCKER'))
      .map((line) => line.replace(/\[\d+:\d+\]/, ''));
  }

  const containerIds = async () => {
    const list = await cluster.json('get pods -l app=web');
    return list.items.map((p: any) => p.status.containerStatuses[0].containerID).sort() as string[];
  };

  const running = async (ids: string[]) => {
    const done = await execute('docker', [
      'inspect',
      '-f',
      '{{.State.Running}}',
      ...ids.map((id) => id.replace('docker://', '')),
    ]);
    return done.stdout
      .trim()
      .split('\n')
      .filter((line) => line === 'true').length;
  };

  it('SIGTERM ends it cleanly, pods keep running, and the next start adopts them', async () => {
    const before = await containerIds();
    expect(await cluster.stop('SIGTERM')).to.equal(0);
    expect(await running(before)).to.equal(3);
    await cluster.up();
    await eventually('the node is Ready', async () => / Ready /.test(await cluster.ok('get nodes --no-headers')));
    await cluster.ok('rollout status deployment/web --timeout=30s');
    expect(await containerIds()).to.deep.equal(before);
    expect(await running(before)).to.equal(3);
    // A node that goes on where it was takes no pod out of service meanwhile.
    expect(await cluster.ok('get events -A')).not.to.contain('NodeNotReady');
  });

  it('Ctrl-C (SIGINT) ends it cleanly too', async () => {
    expect(await cluster.stop('SIGINT')).to.equal(0);
    expect(existsSync(join(cluster.dataDir, 'cox.pid'))).to.equal(false);
    await cluster.up();
  });

  it('a second cluster on the same data is refused in one sentence', async () => {
    const done = await execute('sh', ['bin/cox', 'up', '--data-dir', cluster.dataDir, '--port', '1']);
    expect(done.code).to.equal(1);
    expect(done.stderr.trim()).to.match(/^cox up: A cluster already runs on .*\.$/m);
  });

  it('kill -9 in the middle of writes loses none that was acknowledged', async () => {
    const token = readFileSync(join(cluster.dataDir, 'pki/admin.token'), 'utf8').trim();
    const acknowledged: string[] = [];
    const state = { stopped: false };
    const writer = async (w: number) => {
      for (let i = 0; !state.stopped; i++) {
        const name = `kept-${w}-${i}`;
        if (await post(cluster.port, token, name).catch(() => false)) acknowledged.push(name);
        else return;
      }
    };
    const writers = [0, 1, 2, 3].map(writer);
    await eventually('some writes', async () => acknowledged.length > 200);
    await cluster.stop('SIGKILL');
    state.stopped = true;
    await Promise.all(writers);
    await cluster.up();
    const names = new Set((await cluster.ok('get configmaps -o name')).trim().split('\n'));
    expect(acknowledged.filter((name) => !names.has(`configmap/${name}`))).to.deep.equal([]);
    await cluster.ok('delete --raw /api/v1/namespaces/default/configmaps');
  });

  it('etcd that dies comes back, and writes go on', async () => {
    const pid = Number(
      execFileSync('pgrep', ['-f', `^[^ ]*etcd .*${cluster.dataDir}`], { encoding: 'utf8' })
        .trim()
        .split('\n')[0],
    );
    process.kill(pid, 'SIGKILL');
    await eventually(
      'a write is stored again',
      async () => (await cluster.kubectl('create configmap after-etcd')).code === 0,
    );
    expect(await cluster.ok('get --raw /readyz')).to.equal('ok');
    await cluster.ok('rollout status deployment/web --timeout=30s');
  });

  it('a Docker Engine that goes away makes the node NotReady, and Ready again when it is back', async () => {
    const before = await containerIds();
    const pid = Number(readFileSync('/var/run/docker.pid', 'utf8'));
    process.kill(pid, 'SIGTERM');
    try {
      await eventually(
        'the node is NotReady',
        async () => / NotReady /.test(await cluster.ok('get nodes --no-headers')),
        60,
      );
      const text = await cluster.ok('describe node');
      expect(text).to.match(/Ready +False .*Docker/);
    } finally {
      await eventually('the old engine has ended', async () => hasEnded(pid), 60);
      spawn('dockerd', ['--live-restore'], { detached: true, stdio: 'ignore' }).unref();
    }
    await eventually('the node is Ready', async () => / Ready /.test(await cluster.ok('get nodes --no-headers')), 60);
    await cluster.ok('rollout status deployment/web --timeout=60s');
    expect(await containerIds()).to.deep.equal(before);
  });

  it('cox down removes what is ours, and only that', async () => {
    const bystander = (await execute('docker', ['run', '-d', '--network', 'none', 'coxswain/hello:1'])).stdout.trim();
    try {
      await cluster.stop();
      const done = await execute('sh', ['bin/cox', 'down', '--data-dir', cluster.dataDir]);
      expect(done.code, done.stderr).to.equal(0);
      const id = readFileSync(join(cluster.dataDir, 'cluster-id'), 'utf8');
      const left = await execute('docker', ['ps', '-aq', '--filter', `label=io.coxswain.cluster=${id}`]);
      expect(left.stdout.trim()).to.equal('');
      expect(await running([bystander])).to.equal(1);
      expect((await execute('ip', ['link', 'show', 'cox0'])).code).to.not.equal(0);
      expect(rules()).to.deep.equal(rulesBefore);
      expect(existsSync(join(cluster.dataDir, 'etcd'))).to.equal(true);
    } finally {
      await execute('docker', ['rm', '-f', bystander]);
    }
  });

  it('and the next start makes the pods anew', async () => {
    await cluster.up();
    await cluster.ok('rollout status deployment/web --timeout=60s');
    await eventually(
      'all are ready',
      async () => (await cluster.json('get deployment web')).status.readyReplicas === 3,
    );
  });

  it('cox down --purge removes the data as well', async () => {
    await cluster.stop();
    const done = await execute('sh', ['bin/cox', 'down', '--purge', '--data-dir', cluster.dataDir]);
    expect(done.code, done.stderr).to.equal(0);
    expect(existsSync(cluster.dataDir)).to.equal(false);
  });
});

/** Whether a process has ended; one whose parent has not asked for its exit code is still listed, and has. */
function hasEnded(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
  } catch {
    return true;
  }
}

/** Creates a ConfigMap; whether the server acknowledged it. */
function post(port: number, token: string, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    };
    const call = request(options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 201));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(JSON.stringify({ metadata: { name } }));
  });
}
