/** The agent's configuration, plumbline.yaml: typed records and their reader. */
@NullMarked
package io.plumbline.config;

import org.jspecify.annotations.NullMarked;
