import { expect } from 'chai';
import { hostnameOf, hostsFile } from '../../../src/kubelet/containers/hosts-file.ts';
import { nodeResolverFile } from '../../../src/kubelet/containers/node-resolver.ts';
import { dnsWarnings, resolvConf } from '../../../src/kubelet/containers/resolv-conf.ts';
import { containerResources } from '../../../src/kubelet/containers/resources.ts';
import { containerSecurity } from '../../../src/kubelet/containers/security.ts';
import type { Container } from '../../../src/kubelet/pod-spec.ts';
import { qosClassOf } from '../../../src/kubelet/pod-qos.ts';
import { somePod } from '../pods.ts';

describe('hostsFile', () => {
  it('names the pod, its subdomain and its aliases', () => {
    const pod = somePod({ hostname: 'h', subdomain: 's', hostAliases: [{ ip: '192.0.2.9', hostnames: ['x', 'y'] }] });
    const text = hostsFile(pod, ['10.244.0.5'], 'cluster.local');
    expect(text).to.contain('10.244.0.5\th.s.default.svc.cluster.local\th\n').and.contain('192.0.2.9\tx\ty\n');
  });

  it('cuts host names to what the kernel takes', () => {
    const name = `${'a'.repeat(62)}-b`;
    expect(hostnameOf(somePod({}, {}, { name }), 'cluster.local')).to.equal('a'.repeat(62));
  });
});

describe('hostnameOf', () => {
  const cases: [object, string][] = [
    [{}, 'web'],
    [{ hostname: 'h', subdomain: 's' }, 'h'],
    [{ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }, 'h.s.default.svc.cluster.local'],
    [{ hostname: 'h', setHostnameAsFQDN: true }, 'h'],
    [{ hostnameOverride: 'other.example', hostname: 'h', subdomain: 's' }, 'other.example'],
  ];
  for (const [spec, expected] of cases) {
    it(JSON.stringify(spec), () => expect(hostnameOf(somePod(spec), 'cluster.local')).to.equal(expected));
  }

  it('refuses a whole name that the kernel does not take', () => {
    const pod = somePod({ hostname: 'h'.repeat(40), subdomain: 's', setHostnameAsFQDN: true });
    expect(() => hostnameOf(pod, 'cluster.local')).to.throw(/is too long \(64 characters is the max, 68 characters/);
  });
});

describe('resolvConf', () => {
  it('names no more servers than resolvers read', () => {
    const nameservers = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
    const pod = somePod({ dnsPolicy: 'None', dnsConfig: { nameservers } });
    const text = resolvConf(pod, { clusterDns: [], clusterDomain: 'cluster.local', nodeFile: '' });
    expect(text).to.contain('192.0.2.3').and.not.contain('192.0.2.4');
  });

  const dns = {
    clusterDns: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    nodeFile: 'search lan\nnameserver 192.0.2.53\n',
  };
  const node = 'search lan\nnameserver 192.0.2.53\n';
  const cluster =
    'search default.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n';
  const cases: [string, object, object, string][] = [
    ['ClusterFirst asks the cluster', {}, dns, cluster],
    ['ClusterFirst without a DNS asks as the node does', {}, { ...dns, clusterDns: [] }, node],
    ['Default asks as the node does', { dnsPolicy: 'Default' }, dns, node],
    ['the network of the node asks as the node does', { hostNetwork: true }, dns, node],
    ['unless it says so', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, dns, cluster],
    [
      'None has what it says',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'], options: [{ name: 'ndots', value: '2' }] } },
      dns,
      'nameserver 192.0.2.1\noptions ndots:2\n',
    ],
  ];
  for (const [title, spec, options, expected] of cases) {
    it(title, () => expect(resolvConf(somePod(spec), options as typeof dns)).to.equal(expected));
  }
});

describe('dnsWarnings', () => {
  const dns = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', nodeFile: 'search lan.\n' };
  const many = (n: number) => [...Array(n).keys()].map((i) => `s${i}.example.com`);
  const says = (spec: object, options = dns) => dnsWarnings(somePod(spec), options);

  it('are none for a pod that gets what it wants', () => {
    expect(says({})).to.deep.equal([]);
    expect(says({ dnsPolicy: 'Default' }, { ...dns, clusterDns: [] })).to.deep.equal([]);
  });

  it('tell what was left out', () => {
    const nameservers = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    const kept = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan', ...many(28)];
    expect(says({ dnsConfig: { nameservers, searches: many(29) } })).to.deep.equal([
      {
        reason: 'DNSConfigForming',
        message: `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${kept.join(' ')}`,
      },
      {
        reason: 'DNSConfigForming',
        message:
          'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 192.0.2.1 192.0.2.2',
      },
    ]);
  });

  it('tell that the node knows no DNS of the cluster', () => {
    const [warning] = says({}, { ...dns, clusterDns: [] });
    expect(warning!.reason).to.equal('MissingClusterDNS');
    expect(warning!.message).to.match(/^pod: "default\/web\(.+\)"\. kubelet does not have ClusterDNS IP configured/);
  });
});

describe('nodeResolverFile', () => {
  const files = (etc: string, behind: string) => async (path: string) => (path === '/etc/resolv.conf' ? etc : behind);
  const [stub, real] = ['nameserver 127.0.0.53\n', 'nameserver 192.0.2.53\n'];

  it('names the servers behind an address of the node itself', async () => {
    expect(await nodeResolverFile(files(stub, real))).to.equal(real);
    expect(await nodeResolverFile(files(stub, ''))).to.equal(stub);
    expect(await nodeResolverFile(files(`${stub}${real}`, 'other'))).to.equal(`${stub}${real}`);
    expect(await nodeResolverFile(files('', 'other'))).to.equal('');
  });
});

const container = (resources: object) => ({ name: 'app', resources }) as Container;

describe('containerResources', () => {
  const cases: [object, object][] = [
    [{}, { memoryBytes: 0, cpuShares: 2, cpuQuota: 0 }],
    [{ requests: { cpu: '250m' } }, { memoryBytes: 0, cpuShares: 256, cpuQuota: 0 }],
    [{ limits: { cpu: '500m', memory: '64Mi' } }, { memoryBytes: 67108864, cpuShares: 512, cpuQuota: 50000 }],
    [{ limits: { cpu: '1m' } }, { memoryBytes: 0, cpuShares: 2, cpuQuota: 1000 }],
  ];
  for (const [resources, expected] of cases) {
    it(JSON.stringify(resources), () => expect(containerResources(container(resources))).to.deep.equal(expected));
  }
});

describe('qosClassOf', () => {
  const cases: [object, string][] = [
    [{}, 'BestEffort'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
  ];
  for (const [resources, expected] of cases) {
    it(`${JSON.stringify(resources)} is ${expected}`, () =>
      expect(qosClassOf(somePod({ containers: [container(resources)] }))).to.equal(expected));
  }
});

describe('containerSecurity', () => {
  const image = { id: 'i', size: 0, names: [], user: '' };
  const of = (own: object, ofPod = {}, user = '') =>
    containerSecurity(
      somePod({ securityContext: ofPod }),
      { name: 'app', securityContext: own },
      {
        ...image,
        user,
      },
    );

  it('takes the user of the container, else of the pod', () => {
    expect(of({}, { runAsUser: 5 }).user).to.equal('5');
    expect(of({ runAsUser: 7, runAsGroup: 8 }, { runAsUser: 5 }).user).to.equal('7:8');
    expect(of({}, { runAsGroup: 8 }, '33').user).to.equal('33:8');
  });

  const refused: [object, string, string][] = [
    [{ runAsNonRoot: true }, '', 'image will run as root'],
    [{ runAsNonRoot: true, runAsUser: 0 }, '5', 'breaks non-root policy'],
    [{ runAsNonRoot: true }, 'www', 'non-numeric user (www)'],
  ];
  for (const [own, user, message] of refused) {
    it(`refuses ${JSON.stringify(own)} with an image of user "${user}"`, () =>
      expect(() => of(own, {}, user)).to.throw(message));
  }
});
