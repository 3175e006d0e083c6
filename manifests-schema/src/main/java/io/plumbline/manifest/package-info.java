/**
 * The manifest language {@code plumbline/v1}: JSON Schema, typed records, reader, validator and
 * diagnostics. It imports nothing of the agent.
 */
@NullMarked
package io.plumbline.manifest;

import org.jspecify.annotations.NullMarked;
