import type { Kind } from '../../apimachinery/kind.ts';
import { apiService } from './api-service.ts';

/** The kinds of apiregistration.k8s.io, version v1. */
export const apiregistrationV1: readonly Kind[] = [apiService];
