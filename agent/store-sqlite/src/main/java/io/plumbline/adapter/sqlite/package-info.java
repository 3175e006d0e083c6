/** The ledger in SQLite. The only package that knows JDBC. */
@NullMarked
package io.plumbline.adapter.sqlite;

import org.jspecify.annotations.NullMarked;
