import { expect } from 'chai';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { pod as podKind } from '../../src/api/core-v1/pod.ts';
import { secret as secretKind, type Secret } from '../../src/api/core-v1/secret.ts';
import { serviceAccount } from '../../src/api/core-v1/service-account.ts';
import { formatTime } from '../../src/apimachinery/time.ts';
import {
  legacyServiceAccountTokenCleanerOf,
  planCleanup,
} from '../../src/controllers/legacy-service-account-token-cleaner.ts';
import { metadata, now, template } from './objects.ts';
import { World } from './world.ts';

const day = 24 * 3600_000;
const type = 'kubernetes.io/service-account-token';

describe('legacy service account token cleaner: plan', () => {
  const dayAgo = (days: number) => formatTime(now - days * day).slice(0, 10);
  const cases: [string, number, { used?: number; marked?: number }, string][] = [
    ['a new one', 10, {}, 'wait'],
    ['an old one that is used', 500, { used: 10 }, 'wait'],
    ['an old one that was never used', 500, {}, 'invalidate'],
    ['one that was used long ago', 800, { used: 400 }, 'invalidate'],
    ['one that was marked lately', 800, { used: 400, marked: 10 }, 'wait'],
    ['one that was marked long ago', 900, { used: 800, marked: 400 }, 'delete'],
  ];
  for (const [name, age, { used, marked }, action] of cases) {
    it(`${name}: ${action}`, () => {
      const labels = {
        ...(used !== undefined && { 'kubernetes.io/legacy-token-last-used': dayAgo(used) }),
        ...(marked !== undefined && { 'kubernetes.io/legacy-token-invalid-since': dayAgo(marked) }),
      };
      const creationTimestamp = formatTime(now - age * day);
      const secret = { metadata: metadata('t', { labels, creationTimestamp }), type } as Secret;
      expect(planCleanup(secret, 365 * day, now).action).to.equal(action);
    });
  }
});

describe('legacy service account token cleaner', () => {
  it('takes out of service, and later away, what an account names and nobody uses', async () => {
    const cleaner = legacyServiceAccountTokenCleanerOf(2 * day);
    const world = await World.start({ controllers: [cleaner], only: [cleaner.name], kubelet: false });
    const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' };
    const since = formatTime(world.clock.now()).slice(0, 10);
    await world.client.create(configMap, { metadata: tracking, data: { since } });
    const annotations = { 'kubernetes.io/service-account.name': 'robot' };
    for (const name of ['spare', 'mounted', 'wanted']) {
      await world.client.create(secretKind, { metadata: { namespace: 'default', name, annotations }, type });
    }
    await world.client.create(serviceAccount, {
      metadata: { namespace: 'default', name: 'robot' },
      secrets: [{ name: 'spare' }, { name: 'mounted' }],
    });
    const volumes = [{ name: 'v', secret: { secretName: 'mounted' } }];
    await world.client.create(podKind, {
      metadata: { namespace: 'default', name: 'p' },
      spec: { ...template().spec, volumes },
    });
    const marked = async (name: string) => {
      const found = await world.client.find(secretKind, { namespace: 'default', name });
      return found && (found.metadata.labels?.['kubernetes.io/legacy-token-invalid-since'] ?? 'good');
    };
    await world.settle(1.5 * day);
    expect(await marked('spare')).to.equal('good');
    await world.settle(1.5 * day);
    expect(await marked('spare')).to.match(/^\d{4}-\d\d-\d\d$/);
    await world.settle(2.5 * day);
    await world.eventually(async () => expect(await marked('spare')).to.equal(undefined));
    for (const name of ['mounted', 'wanted']) expect(await marked(name)).to.equal('good');
    await world.stop();
  });
});
