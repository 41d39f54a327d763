import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CniNetwork } from '../../../src/kubelet/network/cni.ts';
import { bridgeConfig, portConfig } from '../../../src/kubelet/network/cni-config.ts';
import { IpamStore } from '../../../src/kubelet/network/ipam.ts';

describe('the addresses that pods hold', () => {
  let rootDir: string;
  let folder: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'cox-ipam-'));
    folder = join(rootDir, 'cni/cox-test');
    mkdirSync(folder, { recursive: true });
    for (const [ip, id] of [
      ['10.1.0.2', 'a'],
      ['fd00::2', 'a'],
      ['10.1.0.3', 'b'],
      ['10.1.0.4', 'c'],
    ])
      // prettier-ignore
      writeFileSync(join(folder, ip!), `${id}\neth0`);
    writeFileSync(join(folder, 'last_reserved_ip.0'), '10.1.0.4');
  });
  afterEach(() => rmSync(rootDir, { recursive: true }));
  const held = () => readdirSync(folder).filter((name) => !name.startsWith('last'));

  it('are read by sandbox', async () => {
    expect(Object.fromEntries(await new IpamStore(folder).entries())).to.deep.equal({
      a: ['10.1.0.2', 'fd00::2'],
      b: ['10.1.0.3'],
      c: ['10.1.0.4'],
    });
  });

  it('are given back when their sandbox was gone at two looks', async () => {
    const network = new CniNetwork({ rootDir, bridge: 'cox-test' });
    await network.sweep(['a', 'b']);
    expect(held()).to.include('10.1.0.4'); // it may be about to be connected
    await network.sweep(['a', 'b']);
    expect(held()).to.deep.equal(['10.1.0.2', '10.1.0.3', 'fd00::2']);
    await network.sweep(['b']);
    await network.sweep(['a', 'b']);
    await network.sweep(['a']);
    expect(held()).to.deep.equal(['10.1.0.2', '10.1.0.3', 'fd00::2']);
    await network.sweep(['a']);
    expect(held()).to.deep.equal(['10.1.0.2', 'fd00::2']);
  });

  it('are not those of a sandbox that was connected by half', async () => {
    const store = new IpamStore(folder);
    await store.begin('a');
    await store.begin('b');
    await store.finish('a');
    expect([...(await store.unfinished())]).to.deep.equal(['b']);
    expect([...(await store.entries()).keys()]).to.deep.equal(['a', 'b', 'c']);
  });
});

describe('what network plugins are told', () => {
  it('is a range of each family, and the size of packets', () => {
    const config: any = bridgeConfig({
      name: 'cox0',
      dataDir: '/x',
      podCidrs: ['10.1.0.0/24', 'fd00::/64'],
      mtu: 1450,
    });
    expect([config.mtu, config.ipam.ranges, config.ipam.routes]).to.deep.equal([
      1450,
      [[{ subnet: '10.1.0.0/24' }], [{ subnet: 'fd00::/64' }]],
      [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    ]);
  });

  it('is every port with its protocol and address', () => {
    const ports = [
      { hostPort: 80, containerPort: 8080, protocol: 'tcp', hostIp: '127.0.0.1' },
      { hostPort: 80, containerPort: 8080, protocol: 'udp' },
    ];
    expect((portConfig('cox0', ports) as any).runtimeConfig.portMappings).to.deep.equal([
      { hostPort: 80, containerPort: 8080, protocol: 'tcp', hostIP: '127.0.0.1' },
      { hostPort: 80, containerPort: 8080, protocol: 'udp' },
    ]);
  });
});
