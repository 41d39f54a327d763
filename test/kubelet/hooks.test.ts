import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HookRunner, type LifecycleHandler } from '../../src/kubelet/hooks.ts';
import type { HttpGet, PodNetwork } from '../../src/kubelet/network/network.ts';
import { FakeNetwork } from '../../src/kubelet/network/fake.ts';
import { FakeRuntime } from '../../src/kubelet/runtime/fake.ts';
import { somePod, someRun } from './pods.ts';

const plainText = 'Get "https://10.0.0.1:8080/x": http: server gave HTTP response to HTTPS client';
const get = { path: '/x', port: 8080, httpHeaders: [{ name: 'Authorization', value: 'secret' }] };
const secure = { httpGet: { ...get, scheme: 'HTTPS' } };

/** `fails` says why the network gives no answer to requests of a scheme. */
const cases: {
  title: string;
  handler: LifecycleHandler;
  fails?: Record<string, string>;
  asked: string[];
  events: string[];
  failed?: RegExp;
}[] = [
  { title: 'takes any answer', handler: { httpGet: get }, asked: ['http with credentials'], events: [] },
  { title: 'speaks TLS', handler: secure, asked: ['https with credentials'], events: [] },
  {
    title: 'asks in plain text who does not speak TLS',
    handler: secure,
    fails: { https: plainText },
    asked: ['https with credentials', 'http'],
    events: ['Warning LifecycleHTTPFallback'],
  },
  {
    title: 'fails when that fails too',
    handler: secure,
    fails: { https: plainText, http: 'refused' },
    asked: ['https with credentials', 'http'],
    events: ['Warning FailedPreStopHook'],
    failed: /refused$/,
  },
  {
    title: 'does not ask again when nobody answers',
    handler: secure,
    fails: { https: 'connection refused' },
    asked: ['https with credentials'],
    events: ['Warning FailedPreStopHook'],
    failed: /connection refused$/,
  },
  {
    title: 'refuses to open a connection',
    handler: { tcpSocket: { port: 80 } },
    asked: [],
    events: ['Warning FailedPreStopHook'],
    failed: /invalid handler/,
  },
];

describe('a lifecycle hook', () => {
  for (const { title, handler, fails = {}, asked, events, failed } of cases) {
    it(title, async () => {
      const clock = new VirtualClock();
      const told: string[] = [];
      const requests: string[] = [];
      const httpGet = async ({ scheme, headers }: HttpGet) => {
        requests.push(`${scheme}${headers.length > 0 ? ' with credentials' : ''}`);
        if (fails[scheme]) throw new Error(fails[scheme]);
        return { status: 500, body: '' };
      };
      const network = Object.assign(new FakeNetwork('10.0.0.0/24'), { httpGet }) as PodNetwork;
      const runner = new HookRunner({
        ...{ runtime: new FakeRuntime({ clock }), network, clock, ipsOf: () => ['10.0.0.1'] },
        events: { event: (_, type, reason) => void told.push(`${type} ${reason}`) },
      });
      const said = await runner.run(somePod(), someRun('app'), handler, 'PreStop');
      expect(requests).to.deep.equal(asked);
      expect(told).to.deep.equal(events);
      if (failed) expect(said).to.match(failed);
      else expect(said).to.equal(undefined);
    });
  }
});
