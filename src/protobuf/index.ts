/** Room `protobuf` (rank 1): the wire format of protobuf, read and written in place; in `tables`, proto files as tables. */
export * from './proto-reader.js';
export * from './proto-writer.js';
