import { expect } from 'chai';
import { pod, pods, TestServer } from '../test-server.ts';

const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const message = "Cannot evict pod as it would violate the pod's disruption budget.";

describe('eviction', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  const evict = (name: string, more: object = {}, query = '') =>
    api.post(`${pods}/${name}/eviction${query}`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace: 'default' },
      ...more,
    });

  async function aPod(name: string, ready = true, phase = 'Running'): Promise<any> {
    const { body } = await api.post(pods, {
      ...pod(name, { nodeName: 'n1' }),
      metadata: { name, labels: { app: 'web' }, finalizers: ['example.com/hold'] },
    });
    const status = { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
    return (await api.put(`${pods}/${name}/status`, { ...body, status })).body;
  }

  async function aBudget(status: object, spec: object = {}, name = 'b'): Promise<void> {
    const selector = { matchLabels: { app: 'web' } };
    const { body } = await api.post(budgets, { metadata: { name }, spec: { minAvailable: 1, selector, ...spec } });
    const whole = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0, ...status };
    const done = await api.put(`${budgets}/${name}/status`, { ...body, status: { observedGeneration: 1, ...whole } });
    expect(done.status, done.text).to.equal(200);
  }

  const budget = async () => (await api.get(`${budgets}/b`)).body.status;
  const isGoing = async (name: string) => Boolean((await api.get(`${pods}/${name}`)).body.metadata.deletionTimestamp);

  it('takes a disruption off the budget, notes the pod there and says on the pod why it goes', async () => {
    await aPod('p');
    await aBudget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 });
    const done = await evict('p');
    expect([done.status, done.body.status]).to.deep.equal([201, 'Success']);
    const status = await budget();
    expect(status.disruptionsAllowed).to.equal(0);
    expect(Object.keys(status.disruptedPods)).to.deep.equal(['p']);
    expect(status.conditions[0]).to.include({
      type: 'DisruptionAllowed',
      status: 'False',
      reason: 'InsufficientPods',
      observedGeneration: 1,
    });
    const { body } = await api.get(`${pods}/p`);
    expect(body.metadata.deletionTimestamp).to.be.a('string');
    expect(body.status.conditions.find((c: any) => c.type === 'DisruptionTarget')).to.include({
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    });
  });

  it('is refused when the budget has none left', async () => {
    await aPod('p');
    await aBudget({ currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 });
    const { status, body, headers } = await evict('p');
    expect([status, body.reason, body.message]).to.deep.equal([429, 'TooManyRequests', message]);
    expect(body.details).to.deep.equal({
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
      ],
    });
    expect(headers).not.to.have.property('retry-after');
    expect(await isGoing('p')).to.equal(false);
  });

  it('is to be tried later while the budget is being worked out', async () => {
    await aPod('p');
    await aBudget({ observedGeneration: 0, disruptionsAllowed: 5 });
    const { status, body, headers } = await evict('p');
    expect([status, body.details.retryAfterSeconds, headers['retry-after']]).to.deep.equal([429, 10, '10']);
    expect(body.details.causes[0].message).to.equal('The disruption budget b is still being processed by the server.');
  });

  it('says why a budget could not be worked out', async () => {
    await aPod('p');
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no scale' };
    await aBudget({ currentHealthy: 3, desiredHealthy: 1, conditions: [{ ...failed, lastTransitionTime }] });
    expect((await evict('p')).body.details.causes[0].message).to.equal(
      'The disruption budget b does not allow evicting pods currently because it failed sync: no scale',
    );
  });

  it('of several pods at once never takes more than the budget allows', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
    for (const name of names) await aPod(name);
    await aBudget({ disruptionsAllowed: 5, currentHealthy: 12, desiredHealthy: 7, expectedPods: 12 });
    const answers = await Promise.all(names.map((name) => evict(name)));
    expect(answers.filter((a) => a.status === 201)).to.have.length(5);
    expect(answers.filter((a) => a.status === 429)).to.have.length(7);
    const status = await budget();
    expect(status.disruptionsAllowed).to.equal(0);
    expect(Object.keys(status.disruptedPods)).to.have.length(5);
    expect((await Promise.all(names.map(isGoing))).filter(Boolean)).to.have.length(5);
  });

  it('through several servers over one store never takes more than the budget allows either', async () => {
    const second = new TestServer({ storage: api.storage });
    await second.server.start();
    const names = Array.from({ length: 8 }, (_, i) => `p${i}`);
    for (const name of names) await aPod(name);
    await aBudget({ disruptionsAllowed: 3, currentHealthy: 8, desiredHealthy: 5, expectedPods: 8 });
    const answers = await Promise.all(
      names.map((name, i) =>
        (i % 2 ? api : second).post(`${pods}/${name}/eviction`, { metadata: { name, namespace: 'default' } }),
      ),
    );
    expect(answers.filter((a) => a.status === 201)).to.have.length(3);
    expect((await budget()).disruptionsAllowed).to.equal(0);
    await second.close();
  });

  it('goes by no budget for pods that have ended, not begun, or are going already', async () => {
    await aBudget({});
    for (const phase of ['Pending', 'Succeeded', 'Failed']) {
      const name = phase.toLowerCase();
      await aPod(name, false, phase);
      expect((await evict(name)).status, phase).to.equal(201);
      expect(await isGoing(name)).to.equal(true);
      expect((await evict(name)).status, `${phase} again`).to.equal(201);
    }
    expect(await budget()).not.to.have.property('disruptedPods');
  });

  const unready: [string, object, object, number][] = [
    ['that is healthy lets go', { currentHealthy: 2, desiredHealthy: 2 }, {}, 201],
    ['that is not healthy keeps', { currentHealthy: 1, desiredHealthy: 2 }, {}, 429],
    ['that wants none healthy keeps', { currentHealthy: 0, desiredHealthy: 0 }, {}, 429],
    [
      'of AlwaysAllow lets go',
      { currentHealthy: 1, desiredHealthy: 2 },
      { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      201,
    ],
    [
      'of IfHealthyBudget keeps',
      { currentHealthy: 1, desiredHealthy: 2 },
      { unhealthyPodEvictionPolicy: 'IfHealthyBudget' },
      429,
    ],
  ];
  for (const [name, status, spec, code] of unready) {
    it(`of a pod that is not ready: a budget ${name}`, async () => {
      await aPod('p', false);
      await aBudget(status, spec);
      expect((await evict('p')).status).to.equal(code);
      expect((await budget()).disruptionsAllowed).to.equal(0);
      expect(await isGoing('p')).to.equal(code === 201);
    });
  }

  it('does not know what to do with two budgets', async () => {
    await aPod('p');
    await aBudget({ disruptionsAllowed: 1 });
    await aBudget({ disruptionsAllowed: 1 }, {}, 'other');
    const { status, body } = await evict('p');
    expect([status, body.message]).to.deep.equal([
      500,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ]);
  });

  it('as a dry run changes nothing', async () => {
    await aPod('p');
    await aBudget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
    for (const [more, query] of [
      [{}, '?dryRun=All'],
      [{ deleteOptions: { dryRun: ['All'] } }, ''],
    ] as const) {
      expect((await evict('p', more, query)).status).to.equal(201);
      expect((await budget()).disruptionsAllowed).to.equal(1);
      expect(await isGoing('p')).to.equal(false);
    }
    await aBudgetGone();
    await aBudget({});
    expect((await evict('p', {}, '?dryRun=All')).status).to.equal(429);
  });

  it('takes only options that it knows', async () => {
    await aPod('p');
    const wrong: [object, string, number, string][] = [
      [{ dryRun: ['Some'] }, '', 422, 'dryRun: Unsupported value'],
      [{ propagationPolicy: 'Up' }, '', 422, 'propagationPolicy'],
      [{}, '?dryRun=Some', 422, 'dryRun: Unsupported value'],
    ];
    for (const [deleteOptions, query, code, message] of wrong) {
      const { status, body } = await evict('p', { deleteOptions }, query);
      expect(status).to.equal(code);
      expect(body.message).to.contain(message);
    }
    const both = await evict('p', { deleteOptions: { dryRun: ['All'] } }, '?dryRun=All&dryRun=All');
    expect(both.body.message).to.equal('Non-matching dry-run options in request and content: [All All] and [All]');
    expect(await isGoing('p')).to.equal(false);
  });

  const aBudgetGone = () => api.delete(`${budgets}/b`);

  it('keeps to preconditions', async () => {
    const made = await aPod('p');
    const wrong = await evict('p', { deleteOptions: { preconditions: { uid: 'other' } } });
    expect([wrong.status, wrong.body.reason]).to.deep.equal([409, 'Conflict']);
    const stale = await evict('p', { deleteOptions: { preconditions: { resourceVersion: '1' } } });
    expect(stale.status).to.equal(409);
    expect(await isGoing('p')).to.equal(false);
    const { uid, resourceVersion } = made.metadata;
    expect((await evict('p', { deleteOptions: { preconditions: { uid, resourceVersion } } })).status).to.equal(201);
  });

  it('is about the pod of the path', async () => {
    await aPod('p');
    const other = await evict('p', { metadata: { name: 'q' } });
    expect([other.status, other.body.message]).to.deep.equal([
      400,
      'name in URL does not match name in Eviction object',
    ]);
    expect((await evict('none')).status).to.equal(404);
  });
});
