import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../base/clock.ts';
import { createLog, type LogLevel } from '../../base/log.ts';
import { realRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { httpsExchange } from '../../client/https-transport.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { Kubelet } from '../../kubelet/kubelet.ts';
import { DockerRuntime } from '../../kubelet/runtime/docker-runtime.ts';
import { Proxy } from '../../proxy/proxy.ts';
import { lockDataDir, type DataDir } from '../data-dir.ts';
import { podNetwork } from '../pod-network.ts';
import { policyEnforcement } from '../policy-enforcement.ts';
import { primaryRange, type NetworkSettings } from '../settings.ts';
import { kubernetesVersion, version } from '../version.ts';
import type { FurtherNode } from './record.ts';

const KUBELET_PORT = 10250;

/** Where a node's files are. */
export function filesOf(folder: string) {
  return {
    kubeconfig: join(folder, 'kubeconfig'),
    certificate: join(folder, 'kubelet.crt'),
    key: join(folder, 'kubelet.key'),
    kubelet: join(folder, 'kubelet'),
    log: join(folder, 'node.log'),
    lock: join(folder, 'node.pid'),
  };
}

/**
 * The kubelet and proxy of a further node, in this process, which must be in the node's network namespace: commands,
 * network plugins and listeners are in it with the process.
 * @returns how to stop it, which leaves its pods running
 */
export async function runFurtherNode(
  node: FurtherNode,
  dataDir: DataDir,
  {
    clusterCidr,
    network = {},
    logLevel = 'info',
  }: { clusterCidr: string; network?: NetworkSettings; logLevel?: LogLevel },
): Promise<() => Promise<void>> {
  const files = filesOf(node.folder);
  const unlock = lockDataDir({ path: node.folder, lock: files.lock });
  const connection = loadKubeconfig(files.kubeconfig);
  // The machine's address on the bridge is in no certificate; the name that all of the cluster know it by is.
  const exchange = httpsExchange({ ...connection, serverName: 'kubernetes' });
  const log = createLog(logLevel, files.log);
  const { name: nodeName } = node;
  const shared = { clock: realClock, random: realRandom, nodeName };
  mkdirSync(files.kubelet, { recursive: true, mode: 0o750 });
  const kubeletLog = log.child({ component: 'kubelet' });
  const policyClient = new Client(exchange, { userAgent: `network-policy/${version()}` });
  const policies = await policyEnforcement(network, { ...shared, client: policyClient, log });
  const { network: pods, routes } = podNetwork(network, {
    ...shared,
    client: new Client(exchange, { userAgent: `node-routes/${version()}` }),
    ...{ nodeIp: node.ip, rootDir: files.kubelet, clusterCidr, log },
  });
  const kubelet = new Kubelet({
    ...shared,
    guard: policies,
    client: new Client(exchange, { userAgent: `kubelet/${version()}` }),
    nodeIp: node.ip,
    log: kubeletLog,
    version: kubernetesVersion,
    clusterDns: network.clusterDns,
    clusterDomain: network.clusterDomain,
    runtime: new DockerRuntime({ clusterId: dataDir.clusterId, nodeName, clock: realClock, log: kubeletLog }),
    network: pods,
    rootDir: files.kubelet,
    podManifestPath: join(files.kubelet, 'manifests'),
    serving: {
      port: KUBELET_PORT,
      cert: readFileSync(files.certificate, 'utf8'),
      key: readFileSync(files.key, 'utf8'),
      clientCa: readFileSync(join(dataDir.pki, 'ca.crt'), 'utf8'),
    },
  });
  const client = new Client(exchange, { userAgent: `kube-proxy/${version()}` });
  const proxy = new Proxy({
    ...shared,
    client,
    clusterCidr: primaryRange(clusterCidr),
    log: log.child({ component: 'proxy' }),
    status: {},
    ...network.proxy,
  });
  await Promise.all([policies?.start(), routes.start(), kubelet.start(), proxy.start()]);
  return async () => {
    await kubelet.stop();
    await policies?.stop();
    await routes.stop();
    await proxy.stop();
    await exchange.close();
    unlock();
  };
}
