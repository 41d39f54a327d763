import { expect } from 'chai';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { secret as secretKind } from '../../src/api/core-v1/secret.ts';
import { service as serviceKind } from '../../src/api/core-v1/service.ts';
import { endpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { ingress as ingressKind } from '../../src/api/networking-v1/ingress.ts';
import { ingressClass } from '../../src/api/networking-v1/ingress-class.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { IngressController } from '../../src/ingress/ingress.ts';
import { LocalPlane } from '../../src/ingress/local-plane.ts';
import type { PortState } from '../../src/ingress/plane.ts';
import { ThreadPlane } from '../../src/ingress/thread-plane.ts';
import { World } from '../controllers/world.ts';
import { backend, rule } from './objects.ts';
import { aRoute, aTable, certificateFor, request } from './planes.ts';
import { namesShown } from './shown.ts';

/** An address that others may reach: those of this machine alone are nobody's endpoints. */
const ENDPOINT = '10.255.255.1';

describe('the ingress controller', () => {
  let world: World;
  let controller: IngressController;
  let ports: Map<string, PortState>;
  let planes: number;
  let server: http.Server;
  let backendPort: number;
  const at = (name: string) => ({ namespace: 'default', name });

  before(async () => {
    server = http.createServer((_, res) => void res.end('web'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    backendPort = (server.address() as AddressInfo).port;
  });
  after(() => void server.close());

  beforeEach(async () => {
    world = await World.start({ kubelet: false, controlled: false });
    ports = new Map();
    planes = 0;
    const defaultCertificate = await certificateFor('default.invalid');
    controller = new IngressController({
      client: world.client,
      clock: world.clock,
      random: seededRandom(1),
      log: noLog,
      addresses: ['192.0.2.1'],
      withdraw: true,
      makePlane: (told) => {
        planes++;
        const remember = (state: PortState) => {
          ports.set(state.scheme, state);
          told(state);
        };
        const settings = { address: '127.0.0.1', httpPort: 0, httpsPort: 0, drain: 100, defaultCertificate };
        return new LocalPlane({ settings, clock: realClock, random: seededRandom(2), log: noLog, told: remember });
      },
    });
    await controller.start();
    await world.client.create(serviceKind, {
      metadata: at('web'),
      spec: { ports: [{ name: 'http', port: 80 }] },
    });
    await endpoint('create');
  });
  afterEach(async () => {
    await controller.stop();
    await world.stop();
  });

  async function endpoint(how: 'create' | 'update', ready = true): Promise<void> {
    const metadata = { ...at('web-1'), labels: { 'kubernetes.io/service-name': 'web' } };
    const ports = [{ name: 'http', port: backendPort, protocol: 'TCP' }];
    const endpoints = [{ addresses: [ENDPOINT], conditions: { ready } }];
    await world.client[how](endpointSlice, { metadata, addressType: 'IPv4', ports, endpoints } as any);
  }

  const make = (name: string, spec: object) => world.client.create(ingressKind, { metadata: at(name), spec });
  const get = (path = '/', host = 'web.test') => request(ports.get('http')!.port, { path, headers: { host } });
  const statusOf = async (name: string) =>
    ((await world.client.get(ingressKind, at(name))).status?.loadBalancer?.ingress ?? []).map((one) => [
      one.ip,
      one.ports?.map(({ port }) => port),
    ]);
  const published = () => ['192.0.2.1', [...ports.values()].map(({ port }) => port).sort((a, b) => a - b)];

  it('makes its class, the default one, and leaves one alone that somebody changed', async () => {
    const { metadata, spec } = await world.client.get(ingressClass, { name: 'coxswain' });
    expect(spec?.controller).to.equal('coxswain.io/ingress-controller');
    expect(metadata.annotations).to.deep.equal({ 'ingressclass.kubernetes.io/is-default-class': 'true' });
    await world.client.patch(ingressClass, { name: 'coxswain' }, 'merge', { metadata: { annotations: null } });
    await controller.stop();
    await controller.start().catch(() => {});
    const after = await world.client.get(ingressClass, { name: 'coxswain' });
    expect(after.metadata.annotations).to.equal(undefined);
  });

  it('listens only while there is an Ingress of its class', async () => {
    await make('theirs', { ingressClassName: 'nginx', defaultBackend: backend('web:80') });
    await world.settle();
    expect(planes).to.equal(0);
    await make('ours', { defaultBackend: backend('web:80') });
    await world.eventually(() => expect(ports.size).to.equal(2));
    await world.eventually(async () => expect(await statusOf('ours')).to.deep.equal([published()]));
    await world.settle();
    expect(await world.events('ours')).to.include('Sync: Scheduled for sync');
    const { port } = ports.get('http')!;
    await world.client.delete(ingressKind, at('ours'));
    await world.eventually(async () => {
      const code = await request(port).catch((error: NodeJS.ErrnoException) => error.code);
      expect(code).to.equal('ECONNREFUSED');
    });
    expect(await statusOf('theirs')).to.deep.equal([]);
  });

  it('follows endpoints and routes', async () => {
    await make('web', { ingressClassName: 'coxswain', rules: [rule('web.test', '/ Prefix web:http')] });
    await world.eventually(() => expect(ports.size).to.equal(2));
    await endpoint('update', false);
    await world.eventually(async () => expect((await get()).status).to.equal(503));
    expect((await get('/', 'other.test')).text).to.equal('default backend - 404\n');
    await world.client.patch(ingressKind, at('web'), 'merge', {
      spec: { rules: [rule('other.test', '/ Prefix web:http')] },
    });
    await world.eventually(async () => expect((await get()).status).to.equal(404));
    expect((await get('/', 'other.test')).status).to.equal(503);
  });

  it('tells what is wrong, and serves the rest', async () => {
    await make('web', { rules: [rule('web.test', '/ Prefix web:81', '/b Prefix gone:80')] });
    await world.eventually(async () => {
      const events = await world.events('web');
      expect(events).to.include('Sync: the service default/web has no port 81');
      expect(events).to.include('Sync: the service default/gone does not exist');
    });
  });

  it('leaves an Ingress that becomes somebody else’s, and says that a load balancer has its port', async () => {
    await make('web', { defaultBackend: backend('web:80') });
    await make('other', { defaultBackend: backend('web:80') });
    await world.eventually(async () => expect(await statusOf('web')).to.deep.equal([published()]));
    await world.client.patch(ingressKind, at('web'), 'merge', { spec: { ingressClassName: 'nginx' } });
    await world.eventually(async () => expect(await statusOf('web')).to.deep.equal([]));
    const { port } = ports.get('http')!;
    const spec = { type: 'LoadBalancer', ports: [{ port }] };
    const made = await world.client.create(serviceKind, { metadata: at('lb'), spec });
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
    await world.client.updateStatus(serviceKind, { ...made, status } as any);
    const told = `Sync: connections to port ${port} of this node go to the Service default/lb of type LoadBalancer`;
    await world.eventually(async () => expect(await world.events('other')).to.include(told));
    const { port: https } = ports.get('https')!;
    await world.eventually(async () => expect(await statusOf('other')).to.deep.equal([['192.0.2.1', [https]]]));
  });

  it('keeps the addresses of other nodes that are ready, and takes its own out when it stops', async () => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    const status = { addresses: [{ type: 'InternalIP', address: '192.0.2.9' }], conditions };
    await world.client.create(nodeKind, { metadata: { name: 'other' }, status });
    await make('web', { defaultBackend: backend('web:80') });
    await world.eventually(async () => expect(await statusOf('web')).to.deep.equal([published()]));
    const web = await world.client.get(ingressKind, at('web'));
    const entry = { ip: '192.0.2.9', ports: [{ port: 80, protocol: 'TCP' }] };
    const both = [...web.status!.loadBalancer!.ingress!, entry];
    await world.client.updateStatus(ingressKind, { ...web, status: { loadBalancer: { ingress: both } } });
    await world.settle();
    expect(await statusOf('web')).to.deep.equal([published(), ['192.0.2.9', [80]]]);
  });

  it('shows certificates of secrets and takes in new ones', async () => {
    const [first, second] = [await certificateFor('web.test'), await certificateFor('web.test', 'also.test')];
    const data = ({ cert, key }: typeof first) => ({
      'tls.crt': Buffer.from(cert).toString('base64'),
      'tls.key': Buffer.from(key).toString('base64'),
    });
    const tls = [{ hosts: ['web.test'], secretName: 's' }];
    await make('web', { tls, rules: [rule('web.test', '/ Prefix web:80')] });
    await world.eventually(async () =>
      expect((await world.events('web')).join()).to.contain('the secret default/s cannot be used for TLS'),
    );
    const type = 'kubernetes.io/tls';
    await world.client.create(secretKind, { metadata: at('s'), type, data: data(first) });
    const shown = async () => namesShown(ports.get('https')!.port, 'web.test');
    await world.eventually(async () => expect(await shown()).to.equal('DNS:web.test'));
    await world.client.patch(secretKind, at('s'), 'merge', { data: data(second) });
    await world.eventually(async () => expect(await shown()).to.equal('DNS:web.test, DNS:also.test'));
    expect((await get('/x')).headers.location).to.equal(`https://web.test:${ports.get('https')!.port}/x`);
  });
});

describe('a data plane in a thread', () => {
  it('serves, counts, and ends', async () => {
    const states: PortState[] = [];
    const defaultCertificate = await certificateFor('default.invalid');
    const settings = { address: '127.0.0.1', httpPort: 0, httpsPort: 0, drain: 100, defaultCertificate };
    const plane = new ThreadPlane({ settings, clock: realClock, log: noLog, told: (state) => states.push(state) });
    await plane.start();
    const { port } = states.find(({ scheme }) => scheme === 'http')!;
    plane.upstreams([['default/web:80', { endpoints: [], sticky: false }]]);
    plane.routes(aTable({ '': [aRoute()] }));
    expect(await plane.metrics()).to.contain('coxswain_ingress_upgraded_connections 0');
    expect((await request(port)).status).to.equal(503);
    expect(await plane.metrics()).to.contain('coxswain_ingress_requests_total{ingress="default/web",code="503"} 1');
    await plane.stop();
    expect(await request(port).catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ECONNREFUSED');
    expect(await plane.metrics()).to.equal('');
  });
});
