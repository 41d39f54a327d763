import { expect } from 'chai';
import { runIn } from '../../src/linux/exec.ts';
import { removeProxyRules } from '../../src/proxy/proxy.ts';
import { webService, webSlice } from '../proxy/objects.ts';
import { nameOf, ProxyWorld } from './proxy-world.ts';
import { eventually } from './running-cluster.ts';

describe('the proxy in a real network', function () {
  this.timeout(60_000);
  const world = new ProxyWorld();
  const { network, clock } = world;
  const nodePortService = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] };
  const web = () => webService(nodePortService);
  const both = () => webSlice(['10.244.0.2', '10.244.0.3']);
  const change = (service: object, slice: object) => world.change(service, slice);
  const whoAnswer = (...args: Parameters<ProxyWorld['whoAnswer']>) => world.whoAnswer(...args);
  let untouched: string;

  before(async () => {
    await network.create(3);
    await Promise.all([network.serve(1, 8080), network.serve(2, 8080)]);
    untouched = await network.rules();
    world.put(web(), both());
    await world.start();
  });

  after(() => world.end());

  const bothPods = new Set(['pod1', 'pod2']);

  it('reaches both endpoints by cluster IP from the node', async () => {
    expect(await whoAnswer(network.node, '10.96.0.10', 80)).to.deep.equal(bothPods);
  });

  it('reaches both endpoints by cluster IP from another pod, which they see as it is', async () => {
    expect(await whoAnswer(network.pod(3), '10.96.0.10', 80)).to.deep.equal(bothPods);
    expect(await network.ask(network.pod(3), '10.96.0.10', 80)).to.match(/ 10\.244\.0\.4$/);
  });

  it('reaches a pod by its own service from itself', async () => {
    expect(await whoAnswer(network.pod(1), '10.96.0.10', 80)).to.deep.equal(bothPods);
  });

  it('reaches the node port from the node, on its address and on 127.0.0.1', async () => {
    expect(await whoAnswer(network.node, '198.51.100.1', 30080)).to.deep.equal(bothPods);
    expect(await whoAnswer(network.node, '127.0.0.1', 30080)).to.deep.equal(bothPods);
  });

  it('reaches the node port from outside and from a pod', async () => {
    expect(await whoAnswer(network.outside, '198.51.100.1', 30080)).to.deep.equal(bothPods);
    expect(await whoAnswer(network.pod(3), '10.244.0.1', 30080)).to.deep.equal(bothPods);
  });

  it('lets pods reach each other and the outside although Docker drops forwarded packets', async () => {
    expect(await network.ask(network.pod(3), '10.244.0.2', 8080)).to.equal('pod1 10.244.0.4');
    expect(await network.ask(network.outside, '10.244.0.2', 8080)).to.equal('pod1 198.51.100.2');
  });

  it('keeps neighbours off loopback addresses', async () => {
    const routed = await network.onNode('cat', ['/proc/sys/net/ipv4/conf/all/route_localnet']);
    expect(routed.stdout.trim()).to.equal('1');
    await network.serveIn(network.node, 'node', 7777);
    const inPod = runIn(network.pod(3));
    await inPod('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet']);
    await inPod('ip', ['addr', 'del', '127.0.0.1/8', 'dev', 'lo']);
    await inPod('ip', ['route', 'add', '127.0.0.1', 'via', '10.244.0.1']);
    expect(await network.askInVain(network.pod(3), '127.0.0.1', 7777)).to.match(/^silence/);
    // The listener was there to be reached.
    expect(await network.ask(network.node, '127.0.0.1', 7777)).to.equal('node 127.0.0.1');
    await network.onNode('sh', ['-c', 'iptables -F COX-FIREWALL']);
    expect(await network.ask(network.pod(3), '127.0.0.1', 7777)).to.match(/^node /);
    await world.restart();
  });

  it('keeps a client at its endpoint when the service has session affinity', async () => {
    await change(webService({ ...nodePortService, sessionAffinity: 'ClientIP' }), both());
    const first = new Set([nameOf(await network.ask(network.outside, '198.51.100.1', 30080))]);
    expect(await whoAnswer(network.outside, '198.51.100.1', 30080, 10)).to.deep.equal(first);
    await change(web(), both());
  });

  it('shows endpoints the client with external policy Local, and sends nobody to another node', async () => {
    const service = webService({ ...nodePortService, externalTrafficPolicy: 'Local' });
    const elsewhere = { addresses: ['10.244.0.3'], nodeName: 'n2' };
    await change(service, webSlice(['10.244.0.2', elsewhere]));
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => network.ask(network.outside, '198.51.100.1', 30080)),
    );
    expect(new Set(answers)).to.deep.equal(new Set(['pod1 198.51.100.2']));
    expect(await whoAnswer(network.node, '127.0.0.1', 30080)).to.deep.equal(bothPods);
    await change(service, webSlice([elsewhere]));
    expect(await network.askInVain(network.outside, '198.51.100.1', 30080)).to.match(/^silence/);
    expect(await whoAnswer(network.node, '127.0.0.1', 30080, 4)).to.deep.equal(new Set(['pod2']));
    await change(web(), both());
  });

  it('sends datagrams to the new endpoint when the old one goes, though the sender keeps its port', async () => {
    await Promise.all([network.serve(1, 5353, 'udp'), network.serve(2, 5353, 'udp')]);
    const dns = webService({ clusterIP: '10.96.0.10', ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] });
    const slice = (ip: string) => webSlice([ip], [{ name: 'dns', port: 5353, protocol: 'UDP' }]);
    await change(dns, slice('10.244.0.2'));
    const ask = async () => nameOf(await network.askByDatagram(40_000, '10.96.0.10', 53));
    expect(await ask()).to.equal('pod1');
    await change(dns, slice('10.244.0.3'));
    expect(await ask()).to.equal('pod2');
    await change(web(), both());
  });

  it('refuses connections while there is no endpoint, and works again with the next', async () => {
    await change(web(), webSlice([]));
    const refusals = await Promise.all([
      network.ask(network.node, '10.96.0.10', 80),
      network.ask(network.node, '127.0.0.1', 30080),
      network.ask(network.pod(2), '10.96.0.10', 80),
      network.ask(network.outside, '198.51.100.1', 30080),
    ]);
    expect(refusals).to.deep.equal(Array(4).fill('refused'));
    await change(web(), webSlice(['10.244.0.3']));
    expect(await whoAnswer(network.pod(2), '10.96.0.10', 80, 4)).to.deep.equal(new Set(['pod2']));
    await change(web(), both());
  });

  it('puts back what somebody else broke', async () => {
    const good = await network.rules();
    await clock.advance(30_000);
    await world.idle();
    await network.onNode('iptables', ['-t', 'nat', '-F', 'COX-SERVICES']);
    await network.onNode('iptables', ['-P', 'FORWARD', 'DROP']);
    await network.onNode('sh', ['-c', 'iptables -S FORWARD | grep COX-FORWARD | sed s/-A/-D/ | xargs iptables']);
    expect(await network.rules()).not.to.contain('-j COX-SERVICES-10');
    await eventually('the rules as before', async () => {
      await clock.advance(5_000);
      return (await network.rules()).length === good.length;
    });
    expect(await whoAnswer(network.pod(3), '10.96.0.10', 80)).to.deep.equal(bothPods);
  });

  it('refuses before the network of the pods lets their packets through, whoever of them came first', async () => {
    await network.onNode('iptables', ['-N', 'COX-POD-FORWARD-cox0']);
    await network.onNode('iptables', ['-A', 'COX-POD-FORWARD-cox0', '-i', 'cox0', '-j', 'ACCEPT']);
    await network.onNode('iptables', ['-I', 'FORWARD', '-j', 'COX-POD-FORWARD-cox0']);
    await world.restart();
    await change(web(), webSlice([]));
    expect(await network.ask(network.pod(2), '10.96.0.10', 80)).to.equal('refused');
    await network.onNode('iptables', ['-D', 'FORWARD', '-j', 'COX-POD-FORWARD-cox0']);
    await network.onNode('iptables', ['-F', 'COX-POD-FORWARD-cox0']);
    await network.onNode('iptables', ['-X', 'COX-POD-FORWARD-cox0']);
    await change(web(), both());
  });

  it('leaves the rules when it stops, and the next one takes them over', async () => {
    const good = await network.rules();
    await world.stop();
    expect(await network.rules()).to.equal(good);
    await network.onNode('iptables', ['-t', 'nat', '-N', 'COX-SVC-LEFTOVER']);
    await world.start();
    expect(await network.rules()).to.equal(good);
  });

  it('removes all that is its own and nothing else', async () => {
    await world.stop();
    await network.onNode('iptables', ['-t', 'nat', '-N', 'SOMEBODY-ELSES']);
    await removeProxyRules({ run: network.onNode });
    await network.onNode('iptables', ['-t', 'nat', '-X', 'SOMEBODY-ELSES']);
    expect(await network.rules()).to.equal(untouched);
    const routed = await network.onNode('cat', ['/proc/sys/net/ipv4/conf/all/route_localnet']);
    expect(routed.stdout.trim()).to.equal('0');
    await removeProxyRules({ run: network.onNode });
    expect(await network.rules()).to.equal(untouched);
  });
});
