// grpc.reflection: lets grpcurl and its kind call the server without our proto files.

import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { fileDescriptors } from '../generated/file-descriptors.ts';

/** Adds reflection (v1 and v1alpha) of every file in proto/, and lists `services` as what the server has. */
export function addReflection(server: Server, services: readonly string[]): void {
  const fileDescriptorProtos = fileDescriptors.map((file) => Buffer.from(file, 'base64'));
  // The service reads nothing of a package definition but these bytes; the type asks for a whole one.
  const definition = { sluice: { fileDescriptorProtos } } as unknown as PackageDefinition;
  new ReflectionService(definition, { services: [...services] }).addToServer(server);
}
