import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiError } from '../../src/apimachinery/api-error.ts';
import { main } from '../../src/cli/main.ts';
import { Client } from '../../src/client/client.ts';
import { httpsExchange } from '../../src/client/https-transport.ts';
import { explainDecision } from '../../src/cli/why-text.ts';
import { BareCluster } from '../scheduler/bare-cluster.ts';

describe('cox why pod', () => {
  let world: BareCluster;
  let folder: string;
  before(async () => {
    world = await BareCluster.start({ listen: true });
    folder = mkdtempSync(join(tmpdir(), 'why-'));
    writeFileSync(join(folder, 'config'), world.cluster.kubeconfig);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await world.stop();
  });

  async function cox(...args: string[]) {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const environment = { KUBECONFIG: join(folder, 'config') };
    const signal = new AbortController().signal;
    const code = await main(['why', ...args], { out: say, err: say, signal, environment, root: false });
    return { code, text: lines.join('\n') };
  }

  it('tells of a pod that fits nowhere, that was placed, and that nobody has tried yet', async () => {
    for (const name of ['n1', 'n2']) await world.addNode(name);
    await world.addNode('n3', { spec: {}, status: { allocatable: { cpu: '1', memory: '1Gi', pods: '9' } } });
    await world.addPod('big', { cpu: '9' });
    await world.unschedulable('big', /Insufficient cpu/);
    const nowhere = await cox('pod', 'big');
    expect(nowhere.text).to.match(
      /^The pod default\/big was given no node \(default-scheduler, .*, attempt \d+\)\.\n {2}0\/3 /,
    );
    expect(nowhere.text).to.match(
      /\nRefused:\n {2}NODES +PLUGIN +REASON +NAMES\n {2}3 +NodeResourcesFit +Insufficient cpu +n/,
    );

    await world.addPod('web', { cpu: '2' });
    const chosen = await world.nodeOf('web');
    const { text } = await cox('pod/web', '-n', 'default');
    expect(text).to.contain(`The pod default/web was given the node ${chosen} (`);
    expect(text).to.match(/\n2 nodes were found fit; their scores:\n {2}NODE +TOTAL +.*NodeResourcesFit/);
    expect(text)
      .to.match(new RegExp(`\\n\\* ${chosen} +\\d+ `))
      .and.to.match(/\n {2}1 +NodeResourcesFit +Insufficient cpu +n3$/);
    expect(JSON.parse((await cox('pod', 'web', '-o', 'json')).text)).to.include({
      kind: 'SchedulingDecision',
      node: chosen,
    });

    await world.addPod('gated', {}, { schedulingGates: [{ name: 'example.com/wait' }] });
    expect((await cox('pod', 'gated')).text).to.contain('the removal of its scheduling gates: example.com/wait');
    expect(await cox('pod', 'nobody')).to.deep.include({ code: 1 });
    expect((await cox('deployment', 'web')).text).to.contain('cox why pod NAME');
  });

  it('is not for everybody', async () => {
    const nobody = httpsExchange({ server: world.cluster.url, insecureSkipTlsVerify: true });
    const failure = await new Client(nobody).raw('GET', '/scheduler/decisions/default/web').catch((e: ApiError) => e);
    await nobody.close();
    expect(failure.code).to.equal(403);
    const wrong = await world.client
      .raw('GET', '/scheduler/decisions/%/web')
      .catch((error: { code: number }) => error.code);
    expect(wrong).to.equal(400);
    const written = await world.client
      .raw('POST', '/scheduler/decisions/default/web', {})
      .catch((error: { code: number }) => error.code);
    expect(written).to.equal(405);
  });

  it('says when the scheduler runs elsewhere', async () => {
    const without = await BareCluster.start({ scheduler: false });
    const failure = await without.client.raw('GET', '/scheduler/decisions/default/web').catch((e: ApiError) => e);
    await without.stop();
    expect(failure).to.include({ code: 503 });
    expect(failure.message).to.contain('no scheduler runs in this server');
  });

  it('is as short for a thousand nodes', () => {
    const names = Array.from({ length: 600 }, (_, i) => `node-${i}`);
    const lines = explainDecision({
      kind: 'SchedulingDecision',
      pod: { namespace: 'default', name: 'p', uid: 'u' },
      schedulerName: 'default-scheduler',
      time: '2026-01-01T00:00:00Z',
      attempt: 1,
      node: 'node-0',
      feasible: names.slice(0, 300).map((name) => ({ name, total: 7, scores: [{ plugin: 'A', score: 7, weight: 1 }] })),
      feasibleCount: 300,
      refused: [{ plugin: 'B', reasons: ['no room'], count: 300, nodes: names.slice(300) }],
      notLookedAt: 400,
    });
    expect(lines).to.have.length(21);
    expect(lines).to.include.members([
      '  and 290 more (all of them: -o json)',
      '  300     B        no room   node-300, node-301, node-302, node-303, node-304, ...',
      'Another 400 nodes were not looked at.',
    ]);
  });

  it('promises nothing of an older decision that is not kept', () => {
    const lines = explainDecision({
      kind: 'SchedulingDecision',
      pod: { namespace: 'default', name: 'p', uid: 'u' },
      schedulerName: 'default-scheduler',
      time: '2026-01-01T00:00:00Z',
      attempt: 1,
      node: 'b',
      feasible: [
        { name: 'a', total: 9, scores: [] },
        { name: 'b', total: 7, scores: [{ plugin: 'A', score: 7, weight: 1 }] },
      ],
      feasibleCount: 300,
      refused: [],
      notLookedAt: 0,
    });
    expect(lines.slice(3)).to.deep.equal(['  NODE   TOTAL   A', '  a      9', '* b      7       7', '  and 298 more']);
  });
});
