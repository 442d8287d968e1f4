package io.fleetstop;

import io.fleetstop.credentials.SecretMask;
import io.fleetstop.model.DescribeInstances.Page;
import io.fleetstop.model.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;

/**
 * Reads a page of instances of which not every record has the documented form: a bad record spoils
 * itself only. Such an instance is {@linkplain Instance#unreadable unreadable}, which protects it.
 */
final class DamagedPage {

  private static final Logger LOG = LoggerFactory.getLogger(DamagedPage.class);

  /** Each poll may return the same records. */
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private DamagedPage() {}

  /**
   * Reads the records one by one.
   *
   * @param reader reads results
   * @param result the result of the reply
   * @param mask masks the texts, or {@code null} to read them as they were sent
   * @throws JacksonException {@code failure}, if more than single records are unreadable
   */
  static <B> B read(
      Class<B> type,
      ObjectReader reader,
      JsonNode result,
      @Nullable SecretMask mask,
      JacksonException failure) {
    JsonNode records = result.path("Instances");
    JsonNode token = result.path("NextToken");
    boolean hasToken = token.isString();
    if (type != Page.class || !records.isArray() || !(hasToken || token.isMissingNode())) {
      throw failure;
    }
    List<Instance> instances = new ArrayList<>();
    int unreadable = 0;
    for (JsonNode one : records) {
      Instance instance = instance(one, reader.forType(Instance.class), mask);
      unreadable += instance == null ? 1 : 0;
      instances.add(instance == null ? Instance.unreadable(id(one, mask)) : instance);
    }
    if (unreadable > 0 && !WARNED.getAndSet(true)) {
      LOG.warn(
          "DescribeInstances: {} of {} instances of a page cannot be read, and count as protected."
              + " Later ones are not reported",
          unreadable,
          records.size());
    }
    JsonNode total = result.path("TotalCount");
    return type.cast(
        new Page(
            instances,
            hasToken ? token.stringValue() : "",
            total.isInt() ? total.intValue() : null));
  }

  private static @Nullable Instance instance(
      JsonNode one, ObjectReader reader, @Nullable SecretMask mask) {
    if (!one.isObject()) {
      return null;
    }
    try {
      JsonParser parser = one.traverse(ObjectReadContext.empty());
      return reader.readValue(mask == null ? parser : new MaskedParser(parser, mask));
    } catch (JacksonException unreadable) {
      return null;
    }
  }

  private static String id(JsonNode one, @Nullable SecretMask mask) {
    JsonNode id = one.path("InstanceId");
    String text = id.isString() ? id.stringValue() : "";
    return mask == null ? text : mask.value(text);
  }
}
