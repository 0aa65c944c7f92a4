/**
 * Packages of very many files (250, 90 and 70) that a start would read, and what is imported from them: copied into dist,
 * and so no dependencies (docs/decisions/0012).
 */
export const VENDORS = {
  '@sinclair/typebox': ['', '/value'],
  '@bufbuild/protobuf': ['', '/txtpb', '/wire', '/wkt'],
  yaml: [''],
};
