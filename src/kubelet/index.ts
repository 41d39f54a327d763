export type { KubeletOptions } from './kubelet-options.ts';
export { Kubelet } from './kubelet.ts';
export type { ServingOptions } from './server/server.ts';
export { CniNetwork, type CniNetworkOptions } from './network/cni.ts';
export { FakeNetwork } from './network/fake.ts';
export { connectDocker, dockerSocket } from './runtime/docker.ts';
export { DockerRuntime, type DockerRuntimeOptions } from './runtime/docker-runtime.ts';
export { FakeRuntime, type FakeRuntimeOptions } from './runtime/fake.ts';
export { removeEverything, type RemovalOptions } from './runtime/remove-everything.ts';
