rubbish
