"""The catalog's names of what waits exist in the libraries that are installed."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytest

from poollint.catalog import load
from tests.lab.test_driver_names import found, is_proven

CALLS = load.calls()
# What cannot be installed together with the rest of the laboratory: each asks for versions of its
# own of what others need. Their names were looked up in the package when they were written down.
APART = tuple(
    f"{name}."
    for name in """
    agents aioapns aiobotocore ansible_runner apns2 assemblyai authlib ccxt cloudinary
    cloudscraper crawl4ai curl_cffi dashscope docker duckduckgo_search elasticsearch fabric
    firecrawl gcloud geopy gigachat git github gitlab googleapiclient googlemaps grequests
    gspread httplib2 hvac instructor iyzipay jira kubernetes kubernetes_asyncio
    langchain_classic langchain_cerebras langchain_community langchain_deepseek
    langchain_fireworks langchain_gigachat langchain_google_vertexai langchain_ibm
    langchain_litellm langchain_nvidia_ai_endpoints langchain_openrouter
    langchain_perplexity langchain_together langchain_upstage langchain_xai ldap3 linebot
    llama_index meilisearch mercadopago mistralai mollie newspaper
    notifications_python_client notion_client opensearchpy pexpect plivo pyairtable pycurl
    pydantic_ai pyfcm pysftp pywebpush requests_html requests_oauthlib simple_salesforce
    spotipy square statsapi supabase tavily tls_client together trafilatura treq tweepy vkbottle
    weaviate web3 whois wikipedia yfinance yt_dlp zai zhipuai zmq apiclient dropbox emails
    gidgethub google_auth_oauthlib mcp msal openid pusher yagmail azure.communication
    alpaca aiocryptopay apify_client binance cerebras clerk_backend_api ddgs deepgram elevenlabs
    exponent_server_sdk fal_client imap_tools keycloak plaid serpapi vk_api voyageai woocommerce
    youtube_transcript_api azure.cosmos azure.eventhub azure.keyvault azure.servicebus azure.storage
    langchain.agents langchain.chains facebook_business py3xui remnawave aiomarzban marzban
    outline_vpn pytesseract pdf2image pdfkit ffmpeg pycoingecko finnhub alpaca_trade_api pybit
    kiteconnect coinbase newsapi akshare deep_translator googletrans deepl gtts edge_tts
    discord_webhook mastodon atproto nio instagrapi apprise messagebird pysolr consul crewai agno
    mem0 azure.ai exa_py praw asyncpraw atlassian hubspot mailchimp_marketing
    mailchimp_transactional shopify zenpy Bio arxiv gnews wikipediaapi tushare baostock polygon
    alpha_vantage fredapi pytrends lark_oapi onesignal_sdk pymsteams vonage wechatpy
    asyncua etcd3 faststream icmplib imapclient kazoo kombu ldap librouteros netmiko ping3 pymodbus
    winrm aiomqtt azure.data azure.search
    """.split()
)
# Google has a package for each of its services; py-cord takes the place of discord.py.
OTHERS = ("google.", "discord.ApplicationContext", "discord.Bot", "discord.commands.")
KNOWN = {*CALLS.functions, *CALLS.type_of_name}
NAMES = sorted(n for n in KNOWN if not f"{n}.".startswith((*APART, *OTHERS)) and is_proven(n))
ELSEWHERE = {  # each with who has it
    ("anthropic.client", "completions.create"): "an older anthropic",
    ("anthropic.async_client", "completions.create"): "an older anthropic",
    ("aio_pika.channel", "default_exchange.publish"): "the object",
    **{
        ("telegram.aiogram_object", name): "the classes below it"
        for name in ("answer", "answer_photo", "edit_text", "reply")
    },
    ("discord.context", "message.add_reaction"): "the object",
    ("discord.context", "bot.wait_for"): "the object",
    ("discord.context", "message.delete"): "the object",
    ("discord.context", "message.reply"): "the object",
    ("vectors.qdrant", "search"): "an older qdrant-client",
    ("vectors.async_qdrant", "search"): "an older qdrant-client",
}


def _braintree() -> Any:
    sandbox = found("braintree.Environment").Sandbox
    told = found("braintree.Configuration")(sandbox, "merchant", "public", "private")
    return found("braintree.BraintreeGateway")(told)


OBJECTS: dict[str, Callable[[], Any]] = {  # clients whose objects alone have what is called
    "mail.postmark": lambda: found("postmarker.core.PostmarkClient")(server_token="none"),
    "payments.braintree": _braintree,
    "payments.razorpay": lambda: found("razorpay.Client")(auth=("name", "none")),
}
METHODS = sorted(
    (type_id, method)
    for type_id, method in CALLS.methods.keys() - ELSEWHERE.keys()
    if "*" not in method
    and type_id not in OBJECTS
    and {*CALLS.types[type_id].names} & {*NAMES}
    and {*CALLS.types[type_id].names} <= {*NAMES}
)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_exists(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize(("type_id", "method"), METHODS)
def test_some_class_of_the_type_has_the_method(type_id: str, method: str) -> None:
    classes = [found(name) for name in CALLS.types[type_id].names]
    first = method.partition(".")[0]
    assert any(hasattr(owner, first) or hasattr(owner, "__getattr__") for owner in classes)


@pytest.mark.parametrize("type_id", OBJECTS)
def test_what_a_client_is_asked_is_set_on_it(type_id: str) -> None:
    client = OBJECTS[type_id]()
    asked = [method for of, method in CALLS.methods if of == type_id and "*" not in method]
    assert asked
    for method in asked:
        assert callable(attrgetter(method)(client)), method
