package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of ids in some 30 bytes each, to which ids are only ever added. Exact: ids with the same
 * hash are compared. Ids are kept as bytes in chunks, one after the other with its length before
 * it, and found by an open-addressing table of their positions. For one thread at a time, or for
 * any once nothing is added any more.
 */
final class IdSet {

  /** Every id fits in a chunk, and its length in a byte. */
  private static final int CHUNK = 1 << 16;

  private static final int MIN_TABLE = 1 << 4;

  private final List<byte[]> chunks = new ArrayList<>();
  private int end = CHUNK;
  // Positions counted from one; zero is a free place.
  private int[] table = new int[MIN_TABLE];
  private int size;

  /** Adds an id; false if it was there already. */
  boolean add(InstanceId id) {
    int place = placeOf(id.value());
    if (table[place] != 0) {
      return false;
    }
    table[place] = store(id.value()) + 1;
    if (++size > table.length / 4 * 3) {
      grow();
    }
    return true;
  }

  boolean contains(InstanceId id) {
    return table[placeOf(id.value())] != 0;
  }

  int size() {
    return size;
  }

  /** Where in the table the id is, or is to go. */
  private int placeOf(String id) {
    int place = start(id.hashCode(), table.length);
    while (table[place] != 0 && !isAt(table[place] - 1, id)) {
      place = (place + 1) & (table.length - 1);
    }
    return place;
  }

  // The hashes of ids that are numbered one after the other are close together.
  private static int start(int hash, int length) {
    int mixed = hash * 0x9E3779B9;
    return (mixed ^ (mixed >>> 16)) & (length - 1);
  }

  private boolean isAt(int position, String id) {
    byte[] chunk = chunks.get(position / CHUNK);
    int offset = position % CHUNK;
    if (chunk[offset] != (byte) id.length()) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      if (chunk[offset + 1 + i] != (byte) id.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int store(String id) {
    if (end + 1 + id.length() > CHUNK) {
      requireRoom();
      chunks.add(new byte[CHUNK]);
      end = 0;
    }
    byte[] chunk = chunks.get(chunks.size() - 1);
    int position = (chunks.size() - 1) * CHUNK + end;
    chunk[end++] = (byte) id.length();
    for (int i = 0; i < id.length(); i++) {
      chunk[end++] = (byte) id.charAt(i);
    }
    return position;
  }

  private void requireRoom() {
    if (chunks.size() == Integer.MAX_VALUE / CHUNK) {
      throw new IllegalStateException("a run takes no more ids than fit in 2 GB, about 10^8");
    }
  }

  private void grow() {
    int[] old = table;
    table = new int[old.length * 2];
    for (int entry : old) {
      if (entry != 0) {
        int place = start(hashAt(entry - 1), table.length);
        while (table[place] != 0) {
          place = (place + 1) & (table.length - 1);
        }
        table[place] = entry;
      }
    }
  }

  /** The {@code hashCode} of the id as a string, which Java specifies. */
  private int hashAt(int position) {
    byte[] chunk = chunks.get(position / CHUNK);
    int offset = position % CHUNK;
    int hash = 0;
    for (int i = 1; i <= Byte.toUnsignedInt(chunk[offset]); i++) {
      hash = 31 * hash + chunk[offset + i];
    }
    return hash;
  }
}
