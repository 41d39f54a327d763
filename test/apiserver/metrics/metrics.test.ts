import { expect } from 'chai';
import { admin, configMap, configMaps, pods, TestServer } from '../test-server.ts';

describe('/metrics', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = new TestServer();
    await server.server.start();
  });
  afterEach(() => server.close());
  const metrics = async () => (await server.get('/metrics')).text;
  /** The sample of a metric with these labels, in any order. */
  const value = (text: string, name: string, labels: Record<string, string> = {}): number | undefined => {
    const line = text
      .split('\n')
      .find(
        (l) =>
          new RegExp(`^${name}[ {]`).test(l) && Object.entries(labels).every(([k, v]) => l.includes(`${k}="${v}"`)),
      );
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  };

  it('counts requests by what they are, and times them', async () => {
    await server.post(configMaps, configMap('a'));
    await server.post(`${configMaps}?dryRun=All`, configMap('b'));
    await server.get(`${configMaps}/a`);
    await server.get(`${configMaps}/nope`);
    await server.get(configMaps);
    await server.get('/api/v1/configmaps');
    const text = await metrics();
    const base = { group: '', version: 'v1', resource: 'configmaps', subresource: '', component: 'apiserver' };
    const total = (labels: object) => value(text, 'apiserver_request_total', { ...base, ...labels });
    expect(total({ verb: 'POST', dry_run: '', scope: 'resource', code: '201' })).to.equal(1);
    expect(total({ verb: 'POST', dry_run: 'All', scope: 'resource', code: '201' })).to.equal(1);
    expect(total({ verb: 'GET', scope: 'resource', code: '200' })).to.equal(1);
    expect(total({ verb: 'GET', scope: 'resource', code: '404' })).to.equal(1);
    expect(total({ verb: 'LIST', scope: 'namespace', code: '200' })).to.equal(1);
    expect(total({ verb: 'LIST', scope: 'cluster', code: '200' })).to.equal(1);
    expect(value(text, 'apiserver_request_duration_seconds_count', { ...base, verb: 'GET' })).to.equal(2);
    expect(value(text, 'apiserver_request_sli_duration_seconds_bucket', { ...base, verb: 'GET', le: '60' })).to.equal(
      2,
    );
    expect(value(text, 'apiserver_response_sizes_count', { ...base, verb: 'LIST', scope: 'cluster' })).to.equal(1);
    expect(value(text, 'apiserver_current_inflight_requests', { request_kind: 'readOnly' })).to.equal(1);
    expect(value(text, 'apiserver_current_inflight_requests', { request_kind: 'mutating' })).to.equal(1);
    await server.clock.advance(2000);
    const later = await metrics();
    expect(value(later, 'apiserver_current_inflight_requests', { request_kind: 'mutating' })).to.equal(0);
  });

  it('tells apply from patch, and counts health by its path', async () => {
    await server.post(configMaps, configMap('a'));
    await server.patch(`${configMaps}/a`, 'merge-patch', { data: { a: 'b' } });
    await server.call('PATCH', `${configMaps}/a?fieldManager=me`, configMap('a'), {
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    await server.get('/readyz');
    const text = await metrics();
    expect(value(text, 'apiserver_request_total', { verb: 'PATCH', resource: 'configmaps' })).to.equal(1);
    expect(value(text, 'apiserver_request_total', { verb: 'APPLY', resource: 'configmaps' })).to.equal(1);
    expect(value(text, 'apiserver_request_total', { verb: 'GET', subresource: '/readyz', code: '200' })).to.equal(1);
  });

  it('makes no labels of names that callers choose', async () => {
    for (let i = 0; i < 20; i++) {
      await server.get(`/apis/group-${i}.example/v1/things`);
      await server.get(`/nothing/here-${i}`);
      await server.get(`${pods}/x/unknown-${i}`);
      await server.call(`METHOD${i}`, configMaps);
    }
    const text = await metrics();
    for (const name of ['group-', 'here-', 'unknown-', 'METHOD']) expect(text, name).to.not.contain(name);
    expect(value(text, 'apiserver_request_total', { verb: 'GET', resource: '', code: '404' })).to.be.greaterThan(0);
  });

  it('counts watches and what they send', async () => {
    await server.post(configMaps, configMap('a'));
    const watch = await server.watch(`${configMaps}?watch=1`);
    expect((await watch.next()).object.metadata.name).to.equal('a');
    await server.post(configMaps, configMap('b'));
    expect((await watch.next()).object.metadata.name).to.equal('b');
    const open = await metrics();
    const labels = { verb: 'WATCH', resource: 'configmaps', scope: 'namespace' };
    expect(value(open, 'apiserver_longrunning_requests', labels)).to.equal(1);
    expect(value(open, 'apiserver_watch_events_total', { resource: 'configmaps' })).to.equal(1);
    expect(value(open, 'apiserver_watch_events_sizes_count', { resource: 'configmaps' })).to.equal(1);
    expect(value(open, 'apiserver_init_events_total', { resource: 'configmaps' })).to.equal(1);
    expect(value(open, 'apiserver_request_duration_seconds_count', labels)).to.equal(undefined);
    watch.end();
    expect(value(await metrics(), 'apiserver_longrunning_requests', labels)).to.equal(0);
  });

  it('knows what is stored, what is deprecated, and what admission and access cost', async () => {
    await server.post(configMaps, configMap('a'));
    await server.get('/api/v1/endpoints');
    const refused = { username: 'joe', groups: ['system:authenticated'] };
    const denied = await server.call('GET', '/metrics', undefined, { user: { ...refused, groups: [] } });
    const text = await metrics();
    const stored = (await server.get('/api/v1/configmaps')).body.items.length;
    expect(stored).to.be.greaterThan(0);
    expect(value(text, 'apiserver_resource_objects', { group: '', resource: 'configmaps' })).to.equal(stored);
    expect(value(text, 'apiserver_storage_objects', { resource: 'configmaps' })).to.equal(stored);
    expect(value(text, 'apiserver_requested_deprecated_apis', { resource: 'endpoints' })).to.equal(1);
    const plugin = { name: 'NamespaceLifecycle', operation: 'CREATE', rejected: 'false' };
    expect(value(text, 'apiserver_admission_controller_admission_duration_seconds_count', plugin)).to.be.greaterThan(0);
    const step = { operation: 'CREATE', rejected: 'false', type: 'admit' };
    expect(value(text, 'apiserver_admission_step_admission_duration_seconds_count', step)).to.be.greaterThan(0);
    expect(value(text, 'authorization_attempts_total', { result: 'allowed' })).to.be.greaterThan(1);
    if (denied.status === 403)
      expect(value(text, 'authorization_attempts_total', { result: 'denied' })).to.be.greaterThan(0);
    expect(value(text, 'kubernetes_feature_enabled', { name: 'WatchList', stage: 'BETA' })).to.equal(1);
    expect(value(text, 'kubernetes_build_info', { major: '1', minor: '36' })).to.equal(1);
    for (const name of ['process_cpu_seconds_total', 'process_start_time_seconds', 'process_resident_memory_bytes'])
      expect(value(text, name), name).to.be.greaterThan(0);
  });

  it('can be read line by line, each metric once', async () => {
    const { text, headers } = await server.get('/metrics');
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
    const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map((m) => m[1]);
    expect(new Set(names).size).to.equal(names.length);
    for (const line of text.split('\n').filter(Boolean))
      expect(line).to.match(/^(# (HELP|TYPE) \S+ .+|[a-z_][a-z0-9_]*(\{([a-z_]+="(\\.|[^"\\])*",?)+\})? \S+)$/);
  });

  it('has the outcome of health checks apart', async () => {
    await server.get('/readyz');
    const { text } = await server.get('/metrics/slis');
    expect(value(text, 'kubernetes_healthcheck', { name: 'etcd', type: 'readyz' })).to.equal(1);
    expect(value(text, 'kubernetes_healthchecks_total', { name: 'ping', type: 'readyz', status: 'success' })).to.equal(
      1,
    );
    expect((await server.get('/metrics/nope')).status).to.equal(404);
    expect((await server.call('POST', '/metrics', {}, { user: admin })).status).to.equal(405);
  });
});
