package io.fleetstop.model;

import io.fleetstop.model.Instance.Tag;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * The tags of an instance of which texts are masked. They keep the instance as the service sent it:
 * decisions need it, and a record has no place for what none of its components may show.
 */
final class MaskedTags extends AbstractList<Tag> implements RandomAccess {

  private final List<Tag> shown;
  private final Instance received;

  MaskedTags(List<Tag> shown, Instance received) {
    this.shown = shown;
    this.received = received;
  }

  Instance received() {
    return received;
  }

  @Override
  public Tag get(int index) {
    return shown.get(index);
  }

  @Override
  public int size() {
    return shown.size();
  }
}
