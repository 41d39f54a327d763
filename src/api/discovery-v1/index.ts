import type { Kind } from '../../apimachinery/kind.ts';
import { endpointSlice } from './endpoint-slice.ts';

/** The kinds of discovery.k8s.io, version v1. */
export const discoveryV1: readonly Kind[] = [endpointSlice];
