package io.fleetstop.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpContentDecompressor;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.NettyPipeline;

/** Bytes that no request asked for close the connection, wherever a read begins and ends. */
@Tag("guarantee:own-reply")
class ChannelGuardTest {

  private static final String EXTRA = "HTTP/1.1 200 SMUGGLED\r\nContent-Length: 0\r\n\r\n";

  /** A line that is incomplete, complete, and followed by the beginning of another. */
  private static final int[] EXTRA_BYTES = {0, 1, 12, 23, 24, 42, 43, EXTRA.length()};

  private final List<String> bodies = new ArrayList<>();
  private boolean requestAtEnd;

  private EmbeddedChannel channel() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.pipeline().addLast(NettyPipeline.HttpCodec, new HttpClientCodec());
    channel.pipeline().addLast(NettyPipeline.ReactiveBridge, new Bodies());
    ChannelGuard.install(channel);
    return channel;
  }

  /** Collects the bodies, and sends the next request at the end of each, as the pool does. */
  private final class Bodies extends ChannelInboundHandlerAdapter {

    private final StringBuilder body = new StringBuilder();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpContent content) {
        body.append(content.content().toString(ISO_8859_1));
      }
      if (message instanceof LastHttpContent) {
        bodies.add(body.toString());
        body.setLength(0);
        if (requestAtEnd) {
          request((EmbeddedChannel) context.channel());
        }
      }
      ReferenceCountUtil.release(message);
    }
  }

  private static void request(EmbeddedChannel channel) {
    channel.writeOutbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
    channel.releaseOutbound();
  }

  private static void receive(EmbeddedChannel channel, String bytes) {
    ByteBuf buffer = channel.alloc().buffer();
    buffer.writeCharSequence(bytes, ISO_8859_1);
    channel.writeInbound(buffer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\non\r\n1\r\ne\r\n0\r\nX-T: t\r\n\r\n",
        "HTTP/1.1 103 Hint\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
      })
  void replyInTwoPortions_keepsTheConnectionUnlessMoreFollows(String reply) {
    for (int cut = 1; cut < reply.length(); cut++) {
      for (int extra : EXTRA_BYTES) {
        bodies.clear();
        EmbeddedChannel channel = channel();
        request(channel);
        receive(channel, reply.substring(0, cut));
        receive(channel, reply.substring(cut) + EXTRA.substring(0, extra));

        assertThat(bodies).as("cut at %d", cut).containsExactly("one");
        assertThat(channel.isOpen())
            .as("cut at %d, %d bytes more", cut, extra)
            .isEqualTo(extra == 0);
        channel.finishAndReleaseAll();
      }
    }
  }

  @Test
  void compressedReply_keepsTheConnectionUnlessMoreFollows() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write("one".getBytes(ISO_8859_1));
    }
    String reply =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
            + packed.size()
            + "\r\n\r\n"
            + packed.toString(ISO_8859_1);
    for (int extra : EXTRA_BYTES) {
      bodies.clear();
      EmbeddedChannel channel = channel();
      channel
          .pipeline()
          .addAfter(
              NettyPipeline.HttpCodec,
              NettyPipeline.HttpDecompressor,
              new HttpContentDecompressor(1 << 10));
      request(channel);
      receive(channel, reply.substring(0, 9));
      receive(channel, reply.substring(9) + EXTRA.substring(0, extra));

      assertThat(bodies).containsExactly("one");
      assertThat(channel.isOpen()).as("%d bytes more", extra).isEqualTo(extra == 0);
      channel.finishAndReleaseAll();
    }
  }

  @Test
  void linesInPortions_areDecodedAsAWhole() {
    String reply =
        "HTTP/1.1 200 OK\r\nX-A: " + "a".repeat(5_000) + "\r\nContent-Length: 3\r\n\r\none";
    EmbeddedChannel channel = channel();
    for (int i = 0; i < 3; i++) {
      request(channel);
      for (int at = 0; at < reply.length(); at++) {
        receive(channel, reply.substring(at, at + 1));
      }
    }

    assertThat(bodies).containsExactly("one", "one", "one");
    assertThat(channel.isOpen()).isTrue();
    channel.finishAndReleaseAll();
  }

  @Test
  void incompleteLine_isReleasedWithTheChannel() {
    EmbeddedChannel channel = channel();
    request(channel);
    ByteBuf part = Unpooled.copiedBuffer("HTTP/1.1 20", ISO_8859_1);
    channel.writeInbound(part);
    channel.finishAndReleaseAll();

    assertThat(part.refCnt()).isZero();
    assertThat(bodies).isEmpty();
  }

  /** TLS passes on one read of the socket in several parts, one for each record. */
  @Test
  void extraReplyInARecordOfTheSameRead_isNotThatToTheNextRequest() {
    requestAtEnd = true;
    EmbeddedChannel channel = channel();
    channel.pipeline().addBefore("fleetstop.replyBytes", "records", new Records());
    request(channel);
    receive(channel, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none|" + EXTRA + "|");

    assertThat(bodies).containsExactly("one");
    assertThat(channel.isOpen()).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void replyInARecordOfTheNextRead_isThatToTheNextRequest() {
    requestAtEnd = true;
    EmbeddedChannel channel = channel();
    channel.pipeline().addBefore("fleetstop.replyBytes", "records", new Records());
    request(channel);
    for (String body : List.of("one", "two", "six")) {
      receive(channel, "HTTP/1.1 200 OK\r\nCont|ent-Length: 3\r\n\r\n" + body + "|");
    }

    assertThat(bodies).containsExactly("one", "two", "six");
    assertThat(channel.isOpen()).isTrue();
    channel.finishAndReleaseAll();
  }

  /** Passes on what ends with a bar. */
  private static final class Records extends ByteToMessageDecoder {

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      int length = in.bytesBefore((byte) '|');
      if (length >= 0) {
        ByteBuf record = in.readRetainedSlice(length);
        in.skipBytes(1);
        context.fireChannelRead(record);
      }
    }
  }
}
