/// <reference types="node" preserve="true" />
/** What the package `coxswain` gives to programs that import it. */
import './require-node.ts';

export { Cluster, type ClusterOptions } from './cluster.ts';
export { VirtualClock } from '../base/virtual-clock.ts';
export { realClock, type Clock } from '../base/clock.ts';
export { Client } from '../client/client.ts';
export { ApiError } from '../apimachinery/api-error.ts';
